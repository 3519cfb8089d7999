"""A patient's reading → a DICOM structured report by template TID 1500, which points to the cells' image.

One group holds what the patient comes to, and one each cell: both verdicts, the probability, the frame that shows it.
Codes that DICOM and SNOMED CT do not have are LeukoLens's own (scheme 99LEUKOLENS). It is preliminary and unverified
until a reader has signed.
"""

from collections.abc import Mapping

from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from leukolens import __version__
from leukolens.cases.reading import ReadCell
from leukolens.cases.sign import Signature
from leukolens.report.dicom_images import Study
from leukolens.report.reading import Reading

SCHEME = "99LEUKOLENS"
_CELLS = Code("{cells}", "UCUM", "cells")
_PERCENT = Code("%", "UCUM", "percent")
_ONE = Code("1", "UCUM", "no units")


def own(text: str) -> Code:
    """One of our codes: its value is the text, in upper case without spaces."""
    value = text.upper().replace(" ", "_").replace("(", "").replace(")", "")
    return Code(value[:16], SCHEME, text)


def structured_report(study: Study, reading: Reading, image: Dataset, frames: Mapping[int, int]) -> sr.EnhancedSR:
    """image: of the cells; frames: cell → its frame, from 1."""
    person = reading.signatures[-1] if reading.signatures else None
    groups = [_outcome(study, reading), *(_cell(study, cell, image, frames) for cell in reading.cells)]
    content = sr.MeasurementReport(
        observation_context=_observers(study, person),
        procedure_reported=own("Cells judged"),
        imaging_measurements=groups,
        referenced_images=[image],
    )
    signed = person is not None
    return sr.EnhancedSR(
        evidence=[image],
        content=content,
        series_instance_uid=study.uid("series", "report"),
        series_number=2,
        sop_instance_uid=study.uid("report", reading.version, len(reading.signatures), image.SOPInstanceUID),
        instance_number=1,
        manufacturer="LeukoLens",
        is_complete=signed,
        is_final=signed,
        is_verified=signed,
        verifying_observer_name=_person(person.name) if person else None,
        verifying_organization=person.role[:64] if person else None,
    )


def _observers(study: Study, person: Signature | None) -> sr.ObservationContext:
    """The software, and who signed."""
    device = sr.ObserverContext(
        observer_type=sr.CodedConcept("121007", "DCM", "Device"),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=study.uid("device", __version__), name=f"LeukoLens {__version__}"
        ),
    )
    if person is None:
        return sr.ObservationContext(observer_device_context=device)
    reader = sr.ObserverContext(
        observer_type=sr.CodedConcept("121006", "DCM", "Person"),
        observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=_person(person.name)),
    )
    return sr.ObservationContext(observer_person_context=reader, observer_device_context=device)


def _outcome(study: Study, reading: Reading) -> sr.MeasurementsAndQualitativeEvaluations:
    measures = [
        sr.Measurement(name=own(f"Cells {group}"), value=number, unit=_CELLS)
        for group, number in reading.counts.groups.items()
    ]
    measures += [sr.Measurement(name=own("Cells read"), value=reading.counts.read, unit=_CELLS)]
    if reading.share is not None:
        shares = (
            ("Blasts of counted", reading.share.share),
            ("Blasts low", reading.share.low),
            ("Blasts high", reading.share.high),
        )
        measures += [
            sr.Measurement(name=own(name), value=round(100 * share, 1), unit=_PERCENT) for name, share in shares
        ]
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=study.uid("outcome"), identifier="all cells"),
        finding_type=own("Sample"),
        measurements=measures,
    )


def _cell(
    study: Study, cell: ReadCell, image: Dataset, frames: Mapping[int, int]
) -> sr.MeasurementsAndQualitativeEvaluations:
    said = (("Counts as", cell.group), ("Software verdict", cell.verdict), ("Reader verdict", cell.word.verdict))
    measures = [] if cell.p_all is None else [sr.Measurement(name=own("p(ALL)"), value=round(cell.p_all, 6), unit=_ONE)]
    sources = (
        [sr.SourceImageForMeasurementGroup(image.SOPClassUID, image.SOPInstanceUID, [frames[cell.id]])]
        if cell.id in frames
        else None
    )
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=study.uid("cell", cell.id), identifier=f"cell {cell.id}"),
        finding_type=Code("4421005", "SCT", "Cell"),
        measurements=measures,
        qualitative_evaluations=[sr.QualitativeEvaluation(own(name), own(value)) for name, value in said if value],
        source_images=sources,
    )


def _person(name: str) -> str:
    """As one family name: DICOM's parts (^) and groups (=) are not ours to guess."""
    return name.replace("^", " ").replace("=", " ")[:64] + "^"
