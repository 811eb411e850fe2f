"""The Keras classes that a configuration from a file may name: data.

They do arithmetic, and nothing else. Keras has others that run whatever operations or code a configuration asks for
(TensorFlowOpLayer, Lambda), or read files of this machine that it names (StringLookup): what is not listed is not rebuilt.
"""

from __future__ import annotations

_BY_DIMENSION = """
    AveragePooling Conv Cropping GlobalAveragePooling GlobalMaxPooling MaxPooling SpatialDropout UpSampling ZeroPadding
"""

_LAYERS = """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average BatchNormalization CenterCrop
    Concatenate Conv1DTranspose Conv2DTranspose Conv3DTranspose Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense
    Embedding Flatten GaussianDropout GaussianNoise GroupNormalization Identity InputLayer LayerNormalization LeakyReLU
    LocallyConnected1D LocallyConnected2D Masking Maximum Minimum MultiHeadAttention Multiply Normalization PReLU Permute
    RandomBrightness RandomContrast RandomCrop RandomFlip RandomHeight RandomRotation RandomTranslation RandomWidth RandomZoom
    ReLU RepeatVector Rescaling Reshape Resizing SeparableConv1D SeparableConv2D Softmax Subtract ThresholdedReLU TimeDistributed
    UnitNormalization
"""

_MODELS = "Functional Model Sequential"

_INITIALIZERS = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal RandomNormal
    RandomUniform TruncatedNormal VarianceScaling Zeros
"""

_REGULARIZERS = "L1 L1L2 L2 OrthogonalRegularizer"

_CONSTRAINTS = "MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm"

_DTYPES = "Policy"

#: Names of Keras's classes.
CLASSES = frozenset(
    [
        *(f"{family}{number}D" for family in _BY_DIMENSION.split() for number in (1, 2, 3)),
        *" ".join([_LAYERS, _MODELS, _INITIALIZERS, _REGULARIZERS, _CONSTRAINTS, _DTYPES]).split(),
    ]
)

#: Where Keras says that they live; it would import any other module that a configuration names.
MODULES = frozenset(
    """
    keras keras.constraints keras.initializers keras.layers keras.mixed_precision keras.models keras.regularizers
    tf_keras.src.engine.functional tf_keras.src.layers.core.tf_op_layer
    """.split()
)

#: What stands for values of Python's that JSON lacks.
VALUES = frozenset("TensorShape __bytes__ __numpy__ __tensor__ __tuple__".split())

#: Functions of TensorFlow whose calls Keras records as layers (`x + y`, `tf.nn.relu(x)`).
FUNCTIONS = frozenset(
    """
    __operators__.add concat math.add math.add_n math.divide math.maximum math.minimum math.multiply math.subtract math.truediv
    nn.relu nn.softmax reshape
    """.split()
)
