"""The bundled class: submissions as students would write them, and the run that takes them the whole way.

people       who they are
work/        what each of them wrote, a folder for each chapter and a file for each student; text, never imported
chapters/    who handed in what for which chapter, in what condition, and what grading has to find
damage       what can happen to a notebook on its way
classroom    puts the work into the released notebooks
run          `autograder demo`
"""
