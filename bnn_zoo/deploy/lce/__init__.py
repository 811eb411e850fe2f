"""The Larq Compute Engine backend: .tflite files that are fast on ARM. Its files need the package larq_compute_engine."""
