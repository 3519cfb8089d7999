"""Stored cells → what training sees: balance, noise, geometry, colour."""

from leukolens.base.extras import require

require("torch", extra="train")
