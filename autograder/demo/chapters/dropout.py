"""The class's submissions for the chapter `dropout`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission("cmarchetti", "right: binomial draws and einsum"),
    Submission(
        "fdubois",
        "the paper's p, that of being kept, and the rows limited",
        {
            "dropout_forward": "keep_probability",
            "dropout2d_forward": "keep_probability",
            "max_norm": "rows_for_columns",
        },
    ),
    Submission(
        "gmbeki",
        "scales at test time, tears the channels, one norm for the whole weight",
        {
            "dropout_forward": "scaled_at_test_time",
            "dropout2d_forward": "single_pixels",
            "max_norm": "norm_of_the_whole",
        },
    ),
    Submission(
        "iradu",
        "a new mask on the way back, one mask for all images, a column of zeros divided by its norm",
        {
            "dropout_backward": "fresh_mask",
            "dropout2d_forward": "same_channels_for_all_images",
            "max_norm": "zero_column_divided",
        },
    ),
    Submission(
        "kpatel",
        "seeds np.random, and no scale on the way back; the rest is missing",
        {
            "dropout_forward": "global_seed",
            "dropout_backward": "unscaled_mask",
            **dict.fromkeys(("dropout2d_forward", "dropout2d_backward", "max_norm"), "not_attempted"),
        },
        damage=damage.stripped,
    ),
    Submission(
        "uhoffmann",
        "any p will do, no mask in evaluation, a mask that does not fit, and no root",
        {
            "dropout_forward": "p_not_checked",
            "dropout_backward": "no_mask_in_evaluation",
            "dropout2d_forward": "mask_without_axes",
            "dropout2d_backward": "failed",
            "max_norm": "squared_norm",
        },
    ),
)
