// The book's own directives for jupyter-book 2, as in ../_extensions/: a stub is code, a widget a figure with its caption.

const liveExercise = {
  name: "live-exercise",
  arg: {type: String, required: true},
  options: {given: {type: String}},
  body: {type: String, required: true},
  run: (data) => [{type: "code", lang: "python", value: data.body}],
};

const widget = (name) => ({
  name,
  arg: {type: String, required: true},
  body: {type: "myst", required: true},
  run: (data) => [
    {
      type: "container",
      kind: "figure",
      label: data.arg,
      identifier: data.arg,
      children: [
        {type: "code", value: "(It moves on the pages that jupyter-book 1 builds.)"},
        {type: "caption", children: data.body},
      ],
    },
  ],
});

export default {
  name: "The directives of Layers by Hand",
  directives: [liveExercise, widget("convolution-player"), widget("kernel-bench")],
};
