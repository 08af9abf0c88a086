"""The flow in the browser is the flow in Python: arrows, points, and what becomes of a released state."""

import json
import time

import numpy as np
import pytest
import torch
from browser import browser_page, find_chromium
from node import evaluate, needs_node

from cogdyn.agents import RateRNN
from cogdyn.agents.dynamics import fixed_points, flow_field
from cogdyn.lessons.chapters.fixed_points.widget import HeldInput, LiveFlow

N, N_IN, N_OUT = 7, 2, 3


def random_network(leak="rate", activation="tanh", readout_activation="linear"):
    generator = torch.Generator().manual_seed(1)
    network = RateRNN(
        N_IN, N, N_OUT, dt=20, tau=tuple(np.linspace(40, 200, N)), leak=leak, activation=activation,
        readout_activation=readout_activation, gain=1.3, seed=3,
    ).double()  # fmt: skip
    with torch.no_grad():
        for parameter in (network.bias, network.readout_bias):
            parameter.normal_(generator=generator)
    return network


def pitchforks(w=2.0, n=2):
    """Units that excite themselves alone, x = tanh(w x): three points each if w > 1."""
    network = RateRNN(1, n, 1, dt=20, tau=100, activation="tanh", leak="rate", self_connections=True).double()
    with torch.no_grad():
        network.recurrent.copy_(w * torch.eye(n))
        network.bias.zero_()
    return network


def points_of(network, u=(0.0,), n_candidates=200, seed=0, **arguments):
    x = torch.tensor(u, dtype=torch.float64)
    candidates = np.random.default_rng(seed).uniform(-1.2, 1.2, (n_candidates, network.n_units))
    return fixed_points(lambda h: network.step(h, x.expand(len(h), -1)), candidates, dt=network.dt, **arguments)


def plane(seed=0):
    """An origin and two directions of any length and angle."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=N), rng.normal(size=(2, N))


FORMS = [("rate", "tanh", "linear"), ("voltage", "relu", "sigmoid"), ("voltage", "softplus", "linear")]


# Numbers


@needs_node
@pytest.mark.parametrize("form", FORMS)
def test_the_browser_draws_the_flow_that_flow_field_finds(form):
    network, (origin, axes) = random_network(*form), plane()
    live = LiveFlow.of(network, {"one": HeldInput(np.array([0.5, -1.0]))}, origin, axes)
    x = torch.tensor([0.5, -1.0], dtype=torch.float64)
    field = flow_field(
        lambda h: network.step(h, x.expand(len(h), -1)), origin, np.array(live.axes), (-1, 2, -2, 1), (4, 3), dt=20
    )
    (view,) = live.views
    given = {"network": live.network, "view": view, "axes": live.axes, "x": field.x.tolist(), "y": field.y.tolist()}
    arrows = evaluate(
        "fixed_points/arithmetic.mjs",
        "module.flowOn(data.network, data.view.input, data.view.origin, data.axes, data.x, data.y)",
        given,
    )
    found = {name: np.array([arrow[name] for arrow in arrows]) for name in arrows[0]}
    np.testing.assert_allclose(found["x"].reshape(3, 4)[0], field.x)
    np.testing.assert_allclose(found["velocity"].reshape(3, 4, 2), field.velocity, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found["speed"].reshape(3, 4), field.speed, rtol=1e-5)
    np.testing.assert_allclose(found["inPlane"].reshape(3, 4), field.in_plane, rtol=1e-4)


@needs_node
@pytest.mark.parametrize("form", FORMS)
def test_a_released_state_follows_the_whole_network(form):
    network, (origin, axes) = random_network(*form), plane()
    u = np.array([1.0, 0.3])
    live = LiveFlow.of(network, {"one": HeldInput(u)}, origin, axes)
    (view,) = live.views
    given = {"network": live.network, "view": view, "axes": live.axes}
    expression = """(() => {
        const start = module.stateAt(data.view.origin, data.axes, [0.7, -0.4]);
        const states = module.follow(data.network, data.view.input, start, 60);
        const places = states.map((h) => module.projected(data.view.origin, data.axes, h));
        return {start, states, places, outputs: module.readoutOf(data.network, states.at(-1))};
    })()"""
    found = evaluate("fixed_points/arithmetic.mjs", expression, given)
    start = origin + np.array([0.7, -0.4]) @ np.array(live.axes)
    np.testing.assert_allclose(found["start"], start, atol=1e-5)
    h, states = torch.from_numpy(start)[None], []
    with torch.no_grad():
        for _ in range(60):
            h = network.step(h, torch.from_numpy(u)[None])
            states.append(h[0].numpy())
        outputs = network.outputs(h)[0]
    states = np.array(states)
    np.testing.assert_allclose(found["states"], states, atol=1e-4)
    np.testing.assert_allclose(found["outputs"], outputs, atol=1e-4)
    flat = (states - origin) @ np.array(live.axes).T
    np.testing.assert_allclose([[place["x"], place["y"]] for place in found["places"]], flat, atol=1e-4)
    off = np.linalg.norm(states - origin - flat @ np.array(live.axes), axis=1)
    np.testing.assert_allclose([place["off"] for place in found["places"]], off, atol=1e-4)


def test_axes_are_made_orthonormal_and_keep_their_sides():
    _, axes = plane()
    live = LiveFlow.of(random_network(), {"one": HeldInput(np.zeros(N_IN))}, np.zeros(N), axes)
    basis = np.array(live.axes)
    np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-6)
    np.testing.assert_allclose(basis[0], axes[0] / np.linalg.norm(axes[0]), atol=1e-6)
    assert basis[1] @ axes[1] > 0
    np.testing.assert_allclose(axes[1], axes[1] @ basis.T @ basis, atol=1e-5)


# Points


def test_points_are_told_apart_by_what_their_modes_do():
    network = pitchforks()
    (view,) = LiveFlow.of(network, {"rest": HeldInput(np.zeros(1), points_of(network))}, np.zeros(2), np.eye(2)).views
    kinds = [point["kind"] for point in view["points"]]
    assert kinds == ["stable"] * 4 + ["saddle"] * 4 + ["unstable"]
    assert [point["growing"] for point in view["points"]] == [0] * 4 + [1] * 4 + [2]
    grows = -20 / np.log(1 + 0.2 * (2 - 1))
    for point in view["points"][4:]:
        assert point["tau"] == pytest.approx(grows, rel=1e-3)
        for way in point["directions"]:
            assert abs(np.linalg.norm(way) - 1) < 1e-3
    for saddle in view["points"][4:8]:
        (way,) = saddle["directions"]
        held_still = np.abs(saddle["at"]) > 0.1
        np.testing.assert_allclose(np.abs(way), np.where(held_still, 0, 1), atol=1e-3)
    assert len(view["points"][-1]["directions"]) == 2


def test_a_point_that_hardly_moves_is_neither_stable_nor_a_saddle():
    network = pitchforks(w=1.0)
    found = points_of(network, tolerance=1e-5, merge_distance=0.1)
    (view,) = LiveFlow.of(network, {"rest": HeldInput(np.zeros(1), found)}, np.zeros(2), np.eye(2)).views
    assert {point["kind"] for point in view["points"]} == {"slow"}


def test_a_mode_that_turns_has_no_direction():
    network = pitchforks()
    with torch.no_grad():
        network.recurrent.copy_(torch.tensor([[1.5, -2.0], [2.0, 1.5]]))
    found = points_of(network, n_candidates=1)
    (view,) = LiveFlow.of(network, {"rest": HeldInput(np.zeros(1), found)}, np.zeros(2), np.eye(2)).views
    (point,) = view["points"]
    assert (point["kind"], point["directions"]) == ("unstable", [])


def test_each_input_has_its_points_its_origin_and_its_trials():
    network = pitchforks()
    states = np.arange(12.0).reshape(3, 2, 2)
    held = {
        "rest": HeldInput(np.zeros(1), points_of(network)),
        "push": HeldInput(np.ones(1), origin=np.array([1.0, 0.0]), paths=states),
    }
    rest, push = LiveFlow.of(network, held, np.zeros(2), np.eye(2)).views
    assert (len(rest["points"]), len(push["points"]), rest["paths"]) == (9, 0, [])
    assert push["paths"] == [[[-1, 1], [3, 5], [7, 9]], [[1, 3], [5, 7], [9, 11]]]


def test_what_must_be_seen_is_seen():
    network = pitchforks()
    held = {"rest": HeldInput(np.zeros(1), points_of(network))}
    low, high = np.array(LiveFlow.of(network, held, np.zeros(2), np.eye(2)).extent).reshape(2, 2).T
    assert (low < -0.96).all()
    assert (high > 0.96).all()
    nothing = LiveFlow.of(network, {"rest": HeldInput(np.zeros(1))}, np.zeros(2), np.eye(2))
    assert nothing.extent == [-1.2, 1.2, -1.2, 1.2]
    assert LiveFlow.of(network, held, np.zeros(2), np.eye(2), extent=3).extent == [-3, 3, -3, 3]
    assert LiveFlow.of(network, held, np.zeros(2), np.eye(2), extent=(0, 1, 2, 3)).extent == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": np.ones((2, N))}, "span no plane"),
        ({"axes": np.ones((3, N))}, r"axes has shape \(3, 7\); expected finite numbers, \(2, 7\)"),
        ({"origin": np.full(N, np.nan)}, "origin has shape"),
        ({"inputs": {}}, "inputs is empty"),
        ({"inputs": {"one": HeldInput(np.zeros(3))}}, r"inputs of 'one' has shape \(3,\)"),
        ({"inputs": {"one": HeldInput(np.zeros(N_IN), origin=np.zeros(3))}}, "origin of 'one'"),
        (
            {"inputs": {"one": HeldInput(np.zeros(N_IN), points_of(pitchforks()))}},
            r"points of 'one' have shape \(9, 2\)",
        ),
        ({"inputs": {"one": HeldInput(np.zeros(N_IN), paths=np.zeros((4, 2)))}}, "paths of 'one'"),
        ({"output_names": ["x"]}, "1 output_names for 3 outputs"),
        ({"extent": (1, 0, 0, 1)}, "extent is"),
        ({"extent": 0}, "extent is"),
        ({"view": 1}, "view is 1; allowed: 0 to 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    origin, axes = plane()
    arguments = {"inputs": {"one": HeldInput(np.zeros(N_IN))}, "origin": origin, "axes": axes} | change
    with pytest.raises(ValueError, match=message):
        LiveFlow.of(random_network(), **arguments)


def test_points_without_eigenvectors_are_refused():
    network = pitchforks()
    with pytest.raises(ValueError, match="n_modes=0"):
        LiveFlow.of(network, {"rest": HeldInput(np.zeros(1), points_of(network, n_modes=0))}, np.zeros(2), np.eye(2))


# Words


@needs_node
def test_points_are_named_and_told_in_words():
    points = [{"kind": kind} for kind in ("stable", "stable", "saddle", "slow", "unstable")]
    names = evaluate("fixed_points/picture.mjs", "module.pointNames(data)", points)
    assert names == ["stable point 1", "stable point 2", "saddle 1", "slow point 1", "unstable point 1"]
    tell = "data.map(([point, name, off]) => module.tellPoint(point, name, off))"
    given = [
        [{"kind": "stable", "growing": 0, "tau": 183.2}, "stable point 1", 0.031],
        [{"kind": "saddle", "growing": 1, "tau": -110}, "saddle 2", 0],
        [{"kind": "saddle", "growing": 2, "tau": None}, "saddle 3", 1],
        [{"kind": "slow", "growing": 1, "tau": -9000}, "slow point 1", 0],
    ]
    assert evaluate("fixed_points/widget.mjs", tell, given) == [
        "stable point 1: all modes decay, the slowest decays with 183 ms; 0.03 from the plane",
        "saddle 2: 1 mode grows, the fastest grows with 110 ms; 0.00 from the plane",
        "saddle 3: 2 modes grow; 1.00 from the plane",
        "slow point 1: hardly moves, the fastest grows with 9000 ms; 0.00 from the plane",
    ]


@needs_node
def test_a_released_state_is_told_in_words():
    tell = "data.map(([now, done]) => module.tellState(now, done))"
    near = {"name": "stable point 2", "distance": 0.5}
    now = {"ms": 260, "speed": 1e-3, "off": 0.12, "near": near, "outputs": [{"name": "bit 1", "value": -0.004}]}
    close = now | {"speed": 1e-8, "near": near | {"distance": 0.004}}
    rest = now | {"speed": 1e-10, "near": near | {"distance": 0.0001}, "outputs": []}
    told = evaluate(
        "fixed_points/widget.mjs",
        tell,
        [[now, False], [now | {"near": None}, True], [rest, True], [close, True]],
    )
    assert [words["state"] for words in told] == [
        "260 ms: moving, nearest is stable point 2, 0.50 away",
        "260 ms: still moving",
        "260 ms: at rest, at stable point 2",
        "260 ms: hardly moving, at stable point 2",
    ]
    assert [words["rest"] for words in told[1:3]] == ["outputs: bit 1 0.00; 0.12 from the plane", "0.12 from the plane"]


@needs_node
def test_the_whole_extent_is_in_the_picture_at_one_scale():
    cases = [(extent, width) for extent in ([-1, 1, -1, 1], [0, 6, 0, 1], [0, 1, 0, 6]) for width in (340, 700)]
    layouts = evaluate(
        "fixed_points/picture.mjs", "data.map(([extent, width]) => module.layout(extent, width, 30))", cases
    )
    for (extent, width), plane in zip(cases, layouts, strict=True):
        assert plane["left"] + plane["wide"] <= width
        assert plane["x0"] <= extent[0]
        assert plane["x0"] + plane["wide"] / plane["scale"] >= extent[1] - 1e-9
        assert plane["y1"] - plane["tall"] / plane["scale"] == pytest.approx(extent[2])


# The page


def bare_page(live, path):
    """The widget alone in a page, with a host of a few lines."""
    state = json.dumps(
        {name: getattr(live, name) for name in live.trait_names(sync=True) if name[0] != "_"}, default=str
    )
    css = live._css if isinstance(live._css, str) else live._css.read_text()
    path.write_text(f"""<!doctype html><meta charset="utf-8"><style>{css}</style><body><script type="module">
{str(live._esm).replace("export default { render };", "")}
const state = {state}, heard = {{}};
const model = {{
  get: (name) => state[name],
  set: (name, value) => {{ state[name] = value; for (const f of heard[`change:${{name}}`] ?? []) f(); }},
  on: (event, f) => (heard[event] ??= []).push(f), off: () => 0, save_changes: () => 0,
}};
render({{ model, el: document.body }});
</script>""")
    return path.as_uri()


@pytest.mark.slow
@pytest.mark.skipif(find_chromium() is None, reason="chromium is missing")
def test_a_reader_releases_the_state_by_keyboard_and_by_pointer(tmp_path):
    network = pitchforks()
    held = {name: HeldInput(np.array([u]), points_of(network, (u,))) for name, u in (("rest", 0.0), ("push", 1.0))}
    live = LiveFlow.of(network, held, np.zeros(2), np.eye(2), output_names=["sum"])
    told = "document.querySelector('.cogdyn-answer').textContent"
    with browser_page() as page:
        page.resize(800)
        page.open(bare_page(live, tmp_path / "flow.html"))
        page.wait("document.querySelector('canvas').height > 300")
        page.read("document.querySelector('canvas').focus()")
        page.press("ArrowRight", 4)
        page.press("ArrowUp", 2)
        assert page.read(told) == "start at 0.23, 0.12"
        page.press("Enter")
        page.wait(f"/^[1-9]\\d* ms: moving/.test({told})")
        page.wait(f"/at rest, at stable point/.test({told})")
        resting = page.read(told)
        press = "[...document.querySelectorAll('button')].find((one) => one.textContent === '{}').click()"
        page.read(f"for (let k = 0; k < 5; k++) {press.format('Next fixed point')}")
        assert page.read(told).startswith("saddle 1: 1 mode grows")
        page.read("document.querySelector('button').click()")
        page.wait(f"/^20 ms: at rest, at saddle 1$/.test({told})")
        page.read("document.querySelectorAll('input[type=radio]')[1].click()")
        page.wait(f"/^\\d+ ms: moving/.test({told})")
        page.wait(f"/at rest/.test({told})")
        arrived = int(page.read(told).split(" ms")[0])
        assert page.read("document.querySelector('input[type=range]').ariaValueText") == f"{arrived} ms"
        page.read("document.querySelector('input[type=range]').focus()")
        page.press("ArrowLeft", 3)
        page.wait(f"/^{arrived - 60} ms: /.test({told})")
        page.read("document.querySelectorAll('input[type=radio]')[0].click()")
        time.sleep(0.3)
        assert page.read(told).startswith(f"{arrived - 60} ms: "), "held still, with another input"
        page.read(press.format("One bin on"))
        page.wait(f"/^{arrived - 40} ms: /.test({told})")
        page.wait(f"document.querySelector('input[type=range]').max === '{(arrived - 40) // 20}'")
        page.read(press.format("Go on"))
        page.wait(f"/at rest, at stable/.test({told})")
        page.read("document.querySelectorAll('input[type=radio]')[1].click()")
        box = page.read("{const b = document.querySelector('canvas').getBoundingClientRect(); [b.x, b.y, b.width]}")
        for kind in ("mousePressed", "mouseReleased"):
            page.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=box[0] + 0.3 * box[2],
                y=box[1] + 0.4 * box[2],
                button="left",
                clickCount=1,
            )
        page.wait(f"/^\\d+ ms: moving/.test({told})")
        page.wait("/input held: push/.test(document.querySelector('canvas').getAttribute('aria-label'))")
        assert page.complaints == []
    assert resting.startswith(tuple("123456789"))
