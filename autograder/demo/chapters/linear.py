"""The class's submissions for the chapter `linear`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

_EXERCISES = ("linear_forward", "linear_backward", "xavier_uniform", "kaiming_normal")
_NOTHING = dict.fromkeys(_EXERCISES, "not_attempted")

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission("cmarchetti", "right: einsum"),
    Submission("dnakagawa", "right: a comment on every line, and cells for trying things out"),
    Submission("efarouk", "right: helper functions, and a class for the cache"),
    Submission("fdubois", "dbias is the mean", {"linear_backward": "mean_over_batch"}),
    Submission(
        "gmbeki",
        "dx stays flat, and the variance is taken for the deviation",
        {"linear_backward": "dx_left_flat", "kaiming_normal": "variance_as_deviation"},
    ),
    Submission(
        "hsorensen",
        "images are not flattened, and the parameters' gradients are means",
        {"linear_forward": "not_flattened", "linear_backward": "parameters_averaged"},
    ),
    Submission(
        "iradu",
        "the gradients are means, and the variance is taken for the deviation",
        {"linear_backward": "parameters_averaged", "kaiming_normal": "variance_as_deviation"},
    ),
    Submission(
        "jcastillo",
        "dbias keeps an axis, and the limit has a 2 for the 6",
        {"linear_backward": "dbias_keeps_the_axis", "xavier_uniform": "deviation_as_limit"},
    ),
    Submission("kpatel", "dweight is transposed", {"linear_backward": "dweight_transposed"}),
    Submission(
        "lzhang",
        "weight stored as PyTorch stores it",
        {
            "linear_forward": "weight_transposed",
            "linear_backward": "partial",
            "xavier_uniform": "shape_swapped",
        },
    ),
    Submission(
        "mkowalska",
        "backward takes the step, too, and the variance is taken for the deviation",
        {"linear_backward": "weight_updated_here", "kaiming_normal": "variance_as_deviation"},
    ),
    Submission("nabdi", "half of it", {"linear_backward": "not_attempted", "kaiming_normal": "not_attempted"}),
    Submission("oyilmaz", "handed in as it was", _NOTHING),
    Submission(
        "pkaur",
        "dbias is the mean, and the random numbers are NumPy's global ones",
        {
            "linear_backward": "mean_over_batch",
            "xavier_uniform": "global_seed_set",
            "kaiming_normal": "numpy_global_state",
        },
    ),
    Submission("qnguyen", "the upload broke off", damage=damage.cut_short, unreadable="breaks off"),
    Submission("rferreira", "an empty file", damage=damage.empty, unreadable="empty"),
    Submission("skim", "right, saved as nbformat 3", damage=damage.old_format),
    Submission("tvandijk", "right, check cells copied, one id for all cells", damage=damage.checks_copied),
    Submission(
        "uhoffmann",
        "dbias is summed over the outputs, and all metadata is gone",
        {"linear_backward": "dbias_over_the_outputs"},
        damage=damage.stripped,
    ),
    Submission(
        "vivanova",
        "dbias is the mean, and the check cells are deleted",
        {"linear_backward": "mean_over_batch"},
        damage=damage.checks_deleted,
    ),
    Submission("wmensah", "with git's conflict markers", damage=damage.merge_conflict, unreadable="conflict"),
    Submission("xreyes", "a loop that never ends", {"linear_backward": "timed_out"}, hostile=True),
    Submission(
        "ybensaid",
        "one sum too many, and a parenthesis too few",
        {"linear_backward": "dbias_one_number", "xavier_uniform": "failed"},
    ),
    Submission(
        "zhorvath",
        "prints left in, a name from another function, fan_out forgotten",
        {"linear_backward": "failed", "xavier_uniform": "fan_out_left_out"},
    ),
    Submission(
        "jwalsh",
        "cheats: makes every comparison true and `check` full of praise",
        dict.fromkeys(_EXERCISES, "failed"),
        hostile=True,
    ),
    Submission(
        "mcosta",
        "cheats: looks for the answers, writes into the gradebook, forges points and output",
        dict.fromkeys(_EXERCISES, "failed"),
        damage=damage.points_raised,
        hostile=True,
    ),
)
