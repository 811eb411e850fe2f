"""RAdam, by which MeliusNet and the deeper ResNetE were trained."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, tf

#: Where fewer gradients than these stand behind the second moment, its variance is not known and the step is not scaled by it.
_ENOUGH = 5.0


class RectifiedAdam(keras.optimizers.legacy.Adam):  # type: ignore[misc]
    """Adam whose first steps are as small as what it knows of the gradients' size is uncertain, in place of a warm-up.

    Source: On the Variance of the Adaptive Learning Rate and Beyond, Liu et al., 2019, arXiv 1908.03265, algorithm 2.
    """

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        apply_state[(var_device, var_dtype)]["rectification"] = tf.cast(self._rectification(), var_dtype)

    def _resource_apply_dense(self, grad: Tensor, var: Any, apply_state: Any = None) -> Any:
        place = (var.device, var.dtype.base_dtype)
        own = (apply_state or {}).get(place) or self._fallback_apply_state(*place)
        first, second = self.get_slot(var, "m"), self.get_slot(var, "v")
        first.assign_add((grad - first) * own["one_minus_beta_1_t"])
        second.assign_add((tf.square(grad) - second) * own["one_minus_beta_2_t"])
        mean = first / (1 - own["beta_1_power"])
        # Epsilon is added before the correction, as PyTorch and BMXNet do it.
        size = (tf.sqrt(second) + own["epsilon"]) / tf.sqrt(1 - own["beta_2_power"])
        update = tf.where(own["rectification"] > 0, mean * own["rectification"] / size, mean)
        return var.assign_sub(own["lr_t"] * update, read_value=False)

    def _rectification(self) -> Tensor:
        """Between 0 and 1, of this step; 0 where too few gradients were seen."""
        step = tf.cast(self.iterations + 1, tf.float64)
        beta = self._get_hyper("beta_2", tf.float64)
        power = beta**step
        longest = 2 / (1 - beta) - 1
        length = longest - 2 * step * power / (1 - power)
        known = tf.maximum(length, _ENOUGH)
        share = (known - 4) * (known - 2) * longest / ((longest - 4) * (longest - 2) * known)
        return tf.where(length > _ENOUGH, tf.sqrt(share), 0)
