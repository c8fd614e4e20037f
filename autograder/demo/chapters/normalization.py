"""The class's submissions for the chapter `normalization`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission("dnakagawa", "right: a comment on every line, the way back step by step"),
    Submission(
        "gmbeki",
        "mean and variance taken for constants",
        {
            "batch_norm_backward": "statistics_taken_as_constants",
            "layer_norm_backward": "statistics_taken_as_constants",
            "group_norm_backward": "not_attempted",
            "instance_norm_forward": "not_attempted",
            "instance_norm_backward": "not_attempted",
            "rms_norm_backward": "rms_taken_as_constant",
        },
    ),
    Submission(
        "hsorensen",
        "momentum the other way round, and layer norm over the batch, with the right gradient of that",
        {
            "batch_norm_forward": "momentum_swapped",
            "layer_norm_forward": "statistics_over_the_batch",
            "group_norm_forward": "channels_dealt_out",
            "group_norm_backward": "not_attempted",
            "instance_norm_forward": "not_attempted",
            "instance_norm_backward": "not_attempted",
            "rms_norm_forward": "squares_summed",
            "rms_norm_backward": "not_attempted",
        },
    ),
    Submission(
        "iradu",
        "batch statistics in evaluation, eps outside the root",
        {
            "batch_norm_forward": "batch_statistics_in_evaluation",
            "batch_norm_backward": "partial",
            "layer_norm_forward": "eps_outside_the_root",
            "layer_norm_backward": "not_attempted",
            "group_norm_forward": "not_attempted",
            "group_norm_backward": "not_attempted",
            "instance_norm_forward": "variance_unbiased",
            "instance_norm_backward": "partial",
            "rms_norm_forward": "layer_norm_for_rms_norm",
            "rms_norm_backward": "not_attempted",
        },
    ),
    Submission(
        "kpatel",
        "the biased variance remembered, a factor 2 missing, and weight in the wrong place",
        {
            "batch_norm_forward": "running_var_biased",
            "batch_norm_backward": "factor_two_left_out",
            "layer_norm_backward": "weight_before_the_bracket",
            "group_norm_backward": "weight_left_out_of_dx",
        },
        damage=damage.checks_deleted,
    ),
    Submission(
        "lzhang",
        "three forwards, and the caller's running statistics changed",
        {
            "batch_norm_forward": "running_changed_in_place",
            **dict.fromkeys(
                (
                    *("batch_norm_backward", "layer_norm_backward", "group_norm_forward", "group_norm_backward"),
                    *("instance_norm_forward", "instance_norm_backward", "rms_norm_backward"),
                ),
                "not_attempted",
            ),
        },
    ),
    Submission("qnguyen", "right, and all metadata gone", damage=damage.stripped),
    Submission(
        "uhoffmann",
        "images left for later, one axis where there may be two",
        {
            "batch_norm_forward": "partial",
            "batch_norm_backward": "not_attempted",
            "layer_norm_forward": "last_axis_only",
            "group_norm_forward": "not_attempted",
            "group_norm_backward": "not_attempted",
            "instance_norm_forward": "not_attempted",
            "instance_norm_backward": "not_attempted",
            "rms_norm_backward": "dweight_of_x",
        },
    ),
    Submission("wmensah", "the upload broke off", damage=damage.cut_short, unreadable="breaks off"),
)
