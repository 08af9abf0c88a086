"""The packages of the extra ``lessons``, or one message that says how to get them."""

try:
    import anywidget as anywidget
    import ipywidgets as ipywidgets
    import traitlets as traitlets
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"the widgets of the lessons need {missing.name}: pip install 'cogdyn[lessons]'", name=missing.name
    ) from None
