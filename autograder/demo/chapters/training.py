"""The class's submissions for the chapter `training`. Each network that is there is trained: so they are few."""

from autograder.demo import damage
from autograder.demo.submission import Submission

_NETWORKS = ("ConvNet", "CharLSTM")

SUBMISSIONS = (
    Submission("aokafor", "right: layers of their own, one class a network"),
    Submission(
        "gmbeki",
        "momentum with a minus, Adam uncorrected, evaluated in training mode, and targets that are the inputs",
        {
            "sgd_step": "momentum_subtracted",
            "adam_step": "no_bias_correction",
            "ConvNet": "evaluated_in_training_mode",
            "CharLSTM": "predicts_the_same_character",
        },
    ),
    Submission(
        "hsorensen",
        "the velocity is an average, the softmax taken twice, and the likeliest character always",
        {"sgd_step": "averaged", "ConvNet": "softmax_twice", "CharLSTM": "takes_the_likeliest"},
        damage=damage.checks_deleted,
    ),
    Submission("iradu", "the steps alone", dict.fromkeys(_NETWORKS, "not_attempted")),
    Submission("uhoffmann", "right: the LSTM is the reference's, and the verdict says so"),
    Submission("wmensah", "the upload broke off", damage=damage.cut_short, unreadable="breaks off"),
)
