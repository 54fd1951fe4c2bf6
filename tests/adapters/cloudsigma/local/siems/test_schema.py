from __future__ import annotations

import warnings

import pytest
from sigma.pipelines.azuremonitor.tables import AZURE_MONITOR_TABLES

from adapters.cloudsigma.local.siems.schema import event_ids, load_schemas
from adapters.cloudsigma.models import Platform


@pytest.mark.parametrize("siem", ["splunk", "elastic", "sentinel"])
def test_every_platform_is_known(siem: str) -> None:
    """Each of the 13 platforms has its events in Splunk, in Elastic's schema and in Sentinel."""
    assert set(load_schemas(siem)) == set(Platform)


@pytest.mark.parametrize("platform", list(Platform))
def test_sentinel_columns_exist(platform: Platform) -> None:
    """Every column that a field is mapped to is one of the table's, as far as pySigma knows that table."""
    schema = load_schemas("sentinel")[platform]
    columns = AZURE_MONITOR_TABLES.get(schema.table or "")
    mapped = {*schema.fields.values(), *schema.process_fields.values(), *schema.where}
    assert columns is None or mapped <= set(columns)


@pytest.mark.parametrize("platform", sorted(load_schemas("secops")))
def test_secops_fields_are_of_the_data_model(platform: Platform) -> None:
    """Every field that another is mapped to is one of Google's Unified Data Model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how the package reads its data
        from sigma.pipelines.secops.secops import udm_schema
        from sigma.pipelines.secops.validators import is_valid_udm_field
    schema = load_schemas("secops")[platform]
    assert schema.log_type
    assert all(is_valid_udm_field(field, udm_schema) for field in schema.fields.values())


@pytest.mark.parametrize(
    ("siem", "platform", "field", "expected"),
    [
        ("elastic", Platform.AWS, "userIdentity.sessionContext", "aws.cloudtrail.user_identity.session_context"),
        ("elastic", Platform.AWS, "requestParameters.a", "aws.cloudtrail.flattened.request_parameters.a"),
        ("elastic", Platform.GCP, "protoPayload.resourceName", "gcp.audit.resource_name"),
        ("sentinel", Platform.AWS, "requestParameters.x-y.z", 'tostring(parse_json(RequestParameters)["x-y"].z)'),
        ("sentinel", Platform.OKTA, "actor.alternateId", 'column_ifexists("actor_alternateId_s", "")'),
        ("splunk", Platform.AWS, "eventName", None),
    ],
)
def test_a_field_without_a_name_of_its_own_follows_the_template(
    siem: str, platform: Platform, field: str, expected: str | None
) -> None:
    """What is not mapped by name is renamed by the platform's rule for such fields, or not at all."""
    assert load_schemas(siem)[platform].templated(field) == expected


def test_categories_mean_event_numbers_of_their_platform() -> None:
    """Process creation is event 1 of Sysmon and 4688 of the security log; other logs have no numbers."""
    assert event_ids(Platform.WINDOWS_SYSMON, "process_creation") == (1,)
    assert event_ids(Platform.WINDOWS_SECURITY, "process_creation") == (4688,)
    assert event_ids(Platform.WINDOWS_POWERSHELL, "ps_script") == (4104,)
    assert event_ids(Platform.AWS, "process_creation") == event_ids(Platform.WINDOWS_SYSMON, None) == ()
