"""The class's submissions for the chapter `activations`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission("cmarchetti", "right: masks and einsum"),
    Submission("dnakagawa", "right: a comment on every line"),
    Submission("efarouk", "right: helper functions, and a class for the cache"),
    Submission(
        "fdubois",
        "the textbook's formulas as they stand",
        {"sigmoid_forward": "exponential_overflows", "softmax_cross_entropy": "no_shift"},
    ),
    Submission(
        "gmbeki",
        "ReLU on the gradient, and the logarithm of an underflow",
        {
            "relu_backward": "mask_of_dout",
            "sigmoid_forward": "exponential_overflows",
            "softmax_cross_entropy": "logarithm_of_underflow",
        },
    ),
    Submission(
        "hsorensen",
        "the softmax over the batch, and a square missing",
        {"tanh_backward": "square_missing", "softmax_cross_entropy": "softmax_over_the_batch"},
    ),
    Submission(
        "iradu",
        "ReLU open at zero, and the gradient not averaged",
        {"relu_backward": "open_at_zero", "softmax_cross_entropy": "gradient_not_averaged"},
    ),
    Submission(
        "jcastillo",
        "writes into x, and the cache is not what the backward takes it for; the last one is missing",
        {
            "relu_forward": "zeros_written_into_x",
            "relu_backward": "partial",
            "sigmoid_forward": "infinity_over_infinity",
            "sigmoid_backward": "input_for_output",
            "softmax_cross_entropy": "not_attempted",
        },
        damage=damage.checks_deleted,
    ),
    Submission("kpatel", "the logarithm of an underflow", {"softmax_cross_entropy": "logarithm_of_underflow"}),
    Submission(
        "oyilmaz",
        "only the first two",
        {
            "relu_backward": "mask_of_dout",
            **dict.fromkeys(
                ("sigmoid_forward", "sigmoid_backward", "tanh_forward", "tanh_backward", "softmax_cross_entropy"),
                "not_attempted",
            ),
        },
    ),
    Submission("qnguyen", "right, and all metadata gone", damage=damage.stripped),
    Submission(
        "uhoffmann",
        "formulas that overflow, and a sum for the mean",
        {
            "sigmoid_forward": "exponential_overflows",
            "tanh_forward": "quotient_of_exponentials",
            "tanh_backward": "partial",
            "softmax_cross_entropy": "summed_over_the_batch",
        },
    ),
    Submission("wmensah", "the upload broke off", damage=damage.cut_short, unreadable="breaks off"),
    Submission(
        "xreyes",
        "a cell that never ends",
        {
            "sigmoid_forward": "not_attempted",
            "sigmoid_backward": "not_attempted",
            "tanh_backward": "not_attempted",
            "softmax_cross_entropy": "not_attempted",
        },
        hostile=True,
    ),
    Submission(
        "zhorvath",
        "a factor missing, and a table that fits no machine",
        {"sigmoid_backward": "one_minus_out_missing", "softmax_cross_entropy": "out_of_memory"},
    ),
)
