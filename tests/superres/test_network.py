import numpy as np
import pytest
import torch

from featfer.superres.network import Discriminator, Doubling, Generator, find_design, load_generator


def weights_of(net):
    return {name: value.numpy() for name, value in net.state_dict().items()}


@pytest.mark.parametrize(("height", "width"), [(12, 12), (7, 13), (48, 32)])
def test_a_generator_gives_four_times_the_sides(height, width):
    with torch.inference_mode():
        assert Generator(8, 1)(torch.rand(2, 1, height, width)).shape == (2, 1, 4 * height, 4 * width)


def test_a_generator_that_paints_nothing_enlarges_bicubically():
    net, x = Generator(8, 1), torch.rand(1, 1, 6, 6)
    with torch.inference_mode():
        net.paint.weight.zero_()
        net.paint.bias.zero_()
        np.testing.assert_allclose(net(x), torch.nn.functional.interpolate(x, scale_factor=4, mode="bicubic"))


def test_pixel_shuffle_lays_four_maps_out_in_space():
    part = Doubling(1, 1)
    with torch.inference_mode():
        part[0].weight.zero_()
        part[0].bias.copy_(torch.tensor([1.0, 2, 3, 4]))
        assert part(torch.rand(1, 1, 2, 1))[0, 0].tolist() == [[1, 2], [3, 4], [1, 2], [3, 4]]


@pytest.mark.parametrize("side", [16, 48, 100])
def test_a_discriminator_judges_images_of_any_side(side):
    assert Discriminator(4).eval()(torch.rand(3, 1, side, side)).shape == (3,)


def test_a_generator_is_restored_from_its_weights():
    net, x = Generator(6, 2), torch.rand(1, 1, 8, 8)
    again = load_generator(weights_of(net))
    assert find_design(weights_of(net)) == {"width": 6, "blocks": 2}
    with torch.inference_mode():
        assert torch.equal(net(x), again(x))


def test_weights_of_another_network_are_refused():
    weights = weights_of(Generator(6, 2))
    weights["last.bias"] = weights["last.bias"][:3]
    with pytest.raises(ValueError, match=r"other weights than expected: last\.bias"):
        load_generator(weights)
