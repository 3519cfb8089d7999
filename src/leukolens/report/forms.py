"""The forms in which a reading is handed on; apart, so that the command line need not load what makes them."""

from typing import Literal, get_args

Form = Literal["csv", "fhir", "pdf", "dicom-sr", "geojson"]
FORMS: tuple[Form, ...] = get_args(Form)
