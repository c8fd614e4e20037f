"""The class's submissions for the chapter `pooling`."""

from autograder.demo import damage
from autograder.demo.submission import Submission

SUBMISSIONS = (
    Submission("aokafor", "right: short and vectorised"),
    Submission("blindqvist", "right: nothing but loops"),
    Submission("dnakagawa", "right: comments, and a cell for trying things out"),
    Submission(
        "fdubois",
        "a border of zeros for the maximum, and shares that are not divided",
        {
            "max_pool2d_forward": "border_of_zeros",
            "max_pool2d_backward": "partial",
            "avg_pool2d_backward": "not_divided_on_the_way_back",
        },
    ),
    Submission(
        "gmbeki",
        "every tie gets the gradient, and overlaps are overwritten",
        {"max_pool2d_backward": "every_tie_gets_all", "avg_pool2d_backward": "overlaps_overwritten"},
        damage=damage.stripped,
    ),
    Submission(
        "hsorensen",
        "the sides of the window swapped, the mean divided by one of them, two axes kept",
        {
            "max_pool2d_forward": "kernel_sides_swapped",
            "max_pool2d_backward": "partial",
            "avg_pool2d_forward": "divided_by_the_side",
            "global_avg_pool2d_forward": "axes_kept",
        },
    ),
    Submission(
        "iradu",
        "the border cut off with a minus, and the global mean's gradient not divided",
        {
            "max_pool2d_backward": "border_cut_from_the_end",
            "avg_pool2d_backward": "border_cut_from_the_end",
            "global_avg_pool2d_backward": "share_not_divided",
        },
    ),
    Submission(
        "kpatel",
        "ties share the gradient, and the border does not count",
        {"max_pool2d_backward": "ties_share", "avg_pool2d_forward": "border_not_counted"},
    ),
    Submission(
        "oyilmaz",
        "a stride of 1 by default, and two of the rest",
        {
            "max_pool2d_forward": "no_stride_as_one",
            **dict.fromkeys(
                ("max_pool2d_backward", "avg_pool2d_forward", "avg_pool2d_backward", "global_avg_pool2d_backward"),
                "not_attempted",
            ),
        },
    ),
    Submission(
        "uhoffmann",
        "a pixel chosen twice counts once, no stride on the way back, and axes that do not broadcast",
        {
            "max_pool2d_backward": "chosen_twice_counted_once",
            "avg_pool2d_backward": "stride_missing_on_the_way_back",
            "global_avg_pool2d_backward": "axes_not_added",
        },
    ),
    Submission("wmensah", "the upload broke off", damage=damage.cut_short, unreadable="breaks off"),
)
