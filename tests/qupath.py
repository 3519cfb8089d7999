"""What QuPath 0.5 reads of a GeoJSON file: RFC 7946 by geojson-pydantic, and what QuPath itself adds, by JSON Schema.

The second is written after QuPath's own reader and writer (PathObjectTypeAdapters.java, v0.5).
"""

from typing import Any

import jsonschema
from geojson_pydantic import FeatureCollection
from geojson_pydantic.geometries import MultiPolygon

COLOUR = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}, "minItems": 3, "maxItems": 3}
CLASS = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 1}, "color": COLOUR},
    "required": ["name", "color"],
    "additionalProperties": False,
}
PROPERTIES = {
    "type": "object",
    "properties": {
        "objectType": {"enum": ["annotation", "detection", "cell", "tile", "tma_core", "root", "unknown"]},
        "name": {"type": "string"},
        "classification": CLASS,
        "measurements": {"type": "object", "additionalProperties": {"type": "number"}},
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["objectType"],
    "additionalProperties": False,
}


def opens(collection: dict[str, Any]) -> int:
    """How many cells QuPath would find. Raises ValidationError of either library."""
    read = FeatureCollection.model_validate(collection, strict=False)
    for feature in collection["features"]:
        jsonschema.validate(feature["properties"], PROPERTIES, cls=jsonschema.Draft202012Validator)
        if (nucleus := feature.get("nucleusGeometry")) is not None:
            MultiPolygon.model_validate(nucleus)
            assert feature["properties"]["objectType"] == "cell"
    return len(read.features)
