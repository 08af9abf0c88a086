"""Rules on networks as the library makes them, and what they remember of their own updates.

What every rule promises of the networks that it knows and does not know is measured by ``check_rule``.
"""

import torch
from every_rule import learn, suited

from cogdyn.agents import RateRNN
from cogdyn.agents.rules import CD, RFLO
from cogdyn.envs import make_task


def test_coarse_bins_fit_the_network_that_the_library_makes_by_default():
    task = make_task("DelayMatchSample", dt=20)
    network = RateRNN(task.n_inputs, 8, task.n_outputs)
    assert CD().loss(network, task.sample(4, seed=0)).isfinite()


def test_feedback_decays_at_the_rate_of_its_update():
    """Also in the update before the learning rate changes."""
    network = suited("RFLO", noise=0.0)
    schedule = ((0, 0.1), (1, 1e-6))
    rule = RFLO(lr=schedule, feedback="adaptive", optimizer="sgd", weight_decay=0.2)
    before = rule.feedback_weights.of(network) - network.readout_weights.detach()
    learn(rule, network, range(1))
    after = rule.feedback_weights.of(network) - network.readout_weights.detach()
    torch.testing.assert_close(after, (1 - 0.1 * 0.2) * before, rtol=0, atol=1e-12)
