"""The class's submissions for the chapter `recurrent`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission("efarouk", "right: a class for the cache, and one-hot rows"),
    Submission(
        "fdubois",
        "a transposed weight in the cell, on which the rest is rightly built; repeated tokens, and norms one by one",
        {
            "rnn_cell_forward": "weight_hh_transposed",
            "embedding_backward": "repeated_tokens_counted_once",
            "clip_grad_norm": "each_by_its_own_norm",
        },
    ),
    Submission(
        "gmbeki",
        "a transpose forgotten in the cell, the carry in the sequence, and entries cut off",
        {
            "rnn_cell_backward": "weight_hh_not_transposed",
            "rnn_backward": "carry_forgotten",
            "embedding_forward": "tokens_not_checked",
            "clip_grad_norm": "entries_cut_off",
        },
    ),
    Submission(
        "iradu",
        "the new state in dweight_hh, gradients overwritten at every step, and scaled in place",
        {
            "rnn_cell_backward": "dweight_hh_with_the_new_state",
            "rnn_backward": "parameters_overwritten",
            "embedding_forward": "places_in_one_row",
            "clip_grad_norm": "scaled_in_place",
        },
        damage=damage.checks_deleted,
    ),
    Submission(
        "kpatel",
        "no slope, and a first state of zeros; the rest is missing",
        {
            "rnn_cell_backward": "slope_forgotten",
            "rnn_forward": "first_state_ignored",
            **dict.fromkeys(
                ("rnn_backward", "embedding_forward", "embedding_backward", "clip_grad_norm"), "not_attempted"
            ),
        },
    ),
    Submission(
        "uhoffmann",
        "a tanh too many, the batch first, time run forwards, and the table overwritten",
        {
            "rnn_cell_forward": "tanh_of_each_part",
            "rnn_cell_backward": "failed",
            "rnn_forward": "batch_first",
            "rnn_backward": "time_run_forwards",
            "embedding_backward": "table_changed",
            "clip_grad_norm": "short_ones_stretched",
        },
    ),
)
