"""The class's submissions for the chapter `lstm`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

_GRU = ("gru_cell_forward", "gru_cell_backward", "gru_forward", "gru_backward")

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission(
        "gmbeki",
        "a slope missing on the way into the cell state, dc not carried, the reset gate's gradient made with h",
        {
            "lstm_cell_backward": "way_through_h_without_slope",
            "lstm_backward": "failed",
            "gru_cell_backward": "reset_gate_meets_the_state",
        },
    ),
    Submission(
        "hsorensen",
        "the gate order of another course, and the update gate turned round; all that builds on it is right for that",
        {"lstm_cell_forward": "order_ifog", "gru_cell_forward": "update_gate_reversed"},
    ),
    Submission(
        "iradu",
        "a sigmoid for the candidate, no memory carried, and the reset gate of the paper",
        {
            "lstm_cell_forward": "candidate_with_sigmoid",
            "lstm_forward": "failed",
            "lstm_backward": "failed",
            "gru_cell_forward": "reset_before_the_product",
            "gru_cell_backward": "failed",
            "gru_backward": "not_attempted",
        },
    ),
    Submission(
        "kpatel",
        "the candidate's slope and the sum over the steps forgotten; no GRU, and no metadata",
        {
            "lstm_cell_backward": "candidate_slope_forgotten",
            "lstm_backward": "partial",
            **dict.fromkeys(_GRU, "not_attempted"),
        },
        damage=damage.stripped,
    ),
    Submission(
        "lzhang",
        "writes into the caller's memory, averages the bias, and leaves its bias out of the reset",
        {
            "lstm_cell_forward": "written_into_c",
            "lstm_cell_backward": "partial",
            "lstm_forward": "first_cell_state_changed",
            "lstm_backward": "not_attempted",
            "gru_cell_forward": "bias_outside_the_reset",
            **dict.fromkeys(_GRU[1:], "not_attempted"),
        },
    ),
    Submission(
        "uhoffmann",
        "no tanh on the way out, time run forwards, Keras' order of gates, and nothing carried",
        {
            "lstm_cell_forward": "shown_without_tanh",
            "lstm_forward": "failed",
            "lstm_backward": "failed",
            "gru_cell_forward": "order_zrn",
            "gru_backward": "failed",
        },
    ),
)
