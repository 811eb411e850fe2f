"""The OpenVINO backend: binary convolutions on x86 by XNOR and popcount. Its files need the package openvino."""
