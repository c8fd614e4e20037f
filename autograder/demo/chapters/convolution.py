"""The class's submissions for the chapter `convolution`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

_MATRIX_PRODUCTS = (
    "col2im",
    "conv2d_im2col_forward",
    "conv2d_im2col_backward",
    "linear_to_conv",
    "conv_transpose2d_forward",
    "conv_transpose2d_backward",
)

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: loops wherever speed is not asked for"),
    Submission("cmarchetti", "right: windows and einsum"),
    Submission(
        "fdubois",
        "a kernel turned along one axis, another where none is to be turned, and dbias a mean",
        {
            "convolve2d": "turned_upside_down_only",
            "conv2d_forward": "kernel_flipped",
            "conv2d_backward": "dbias_is_a_mean",
            "conv2d_im2col_backward": "dbias_is_a_mean",
        },
    ),
    Submission(
        "gmbeki",
        "forgets the stride on the way back, and overwrites where windows overlap",
        {
            "conv2d_backward": "stride_forgotten",
            "col2im": "kernel_entries_overwritten",
            "conv2d_im2col_backward": "dx_kernel_entries_overwritten",
            "linear_to_conv": "reshaped_as_it_stands",
        },
    ),
    Submission(
        "hsorensen",
        "out as whole numbers, a border of 0 cut with a minus, and columns in which the channel runs fastest",
        {
            "cross_correlate2d": "partial",
            "convolve2d": "partial",
            "conv2d_backward": "cut_with_minus_padding",
            "im2col": "channel_fastest",
            "conv2d_im2col_forward": "channel_fastest_in_the_columns",
            "conv_transpose2d_backward": "not_attempted",
        },
    ),
    Submission(
        "iradu",
        "overwrites where windows and copies overlap",
        {"conv2d_backward": "dx_overwritten", "conv_transpose2d_forward": "overlaps_overwritten"},
    ),
    Submission(
        "kpatel",
        "all filters see the first channels, a reshape for a transpose, output padding left out",
        {
            "conv2d_forward": "groups_all_see_the_first_channels",
            "linear_to_conv": "reshaped_as_it_stands",
            "conv_transpose2d_forward": "output_padding_ignored",
        },
    ),
    Submission(
        "lzhang",
        "right, but the fast layer is the slow one",
        {"conv2d_im2col_forward": "partial", "conv2d_im2col_backward": "partial"},
        damage=damage.checks_deleted,
    ),
    Submission(
        "nabdi",
        "half of it, and the filters summed away",
        {
            "conv2d_backward": "dbias_over_the_filters",
            **dict.fromkeys(("im2col", *_MATRIX_PRODUCTS), "not_attempted"),
        },
    ),
    Submission("oyilmaz", "the upload broke off", damage=damage.cut_short, unreadable="breaks off"),
    Submission(
        "uhoffmann",
        "rounds sizes up, stops after im2col, and all metadata is gone",
        {"conv_output_size": "rounded_up", **dict.fromkeys(_MATRIX_PRODUCTS, "not_attempted")},
        damage=damage.stripped,
    ),
)
