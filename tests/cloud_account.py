"""An account at AWS in which every documented finding is to be found, beside things that nothing is wrong with."""

from __future__ import annotations

import asyncio
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.cloudlink.local.aws.connection import SignedIn

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
IMAGE = "ami-12c6146b"
HOURS = 72
FULLY_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True, kw_only=True)
class Region:
    """What was made in a region, by what it is there for."""

    instances: dict[str, str]
    volumes: dict[str, str]
    groups: dict[str, str]


async def populate(account: SignedIn) -> dict[str, Region]:
    """Fill an account; gives the ids of what was made by region."""
    await _role(account)
    made = await asyncio.gather(*(_region(account, region) for region in REGIONS))
    await _buckets(account)
    return dict(zip(REGIONS, made, strict=True))


async def _region(account: SignedIn, region: str) -> Region:
    async with account.client("ec2", region) as ec2:
        instances = {name: await _instance(ec2, name) for name in ("idle", "busy", "young", "stopped", "unwatched")}
        await ec2.stop_instances(InstanceIds=[instances["stopped"]])
        gone = await _instance(ec2, "gone")
        await ec2.terminate_instances(InstanceIds=[gone])
        volumes = await _volumes(ec2, region, instances["busy"])
        groups = await _groups(ec2)
    await _cpu(account, region, instances)
    await _databases(account, region)
    await _functions(account, region)
    return Region(instances=instances, volumes=volumes, groups=groups)


async def _instance(ec2: Any, name: str) -> str:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    run = await ec2.run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, TagSpecifications=tags
    )
    return str(run["Instances"][0]["InstanceId"])


async def _volumes(ec2: Any, region: str, instance_id: str) -> dict[str, str]:
    ids = [(await ec2.create_volume(AvailabilityZone=f"{region}a", Size=8))["VolumeId"] for _ in range(2)]
    await ec2.attach_volume(VolumeId=ids[0], InstanceId=instance_id, Device="/dev/sdh")
    return {"attached": ids[0], "unattached": ids[1]}


async def _groups(ec2: Any) -> dict[str, str]:
    vpc = (await ec2.create_vpc(CidrBlock="10.1.0.0/16"))["Vpc"]["VpcId"]
    groups = {}
    for name, permissions in PERMISSIONS.items():
        made = await ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        groups[name] = made["GroupId"]
        if permissions:
            await ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=permissions)
    return groups


def tcp(first: int, last: int, *cidrs: str) -> dict[str, Any]:
    """Write a permission to come in by TCP."""
    four = [{"CidrIp": cidr} for cidr in cidrs if ":" not in cidr]
    six = [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr]
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": four, "Ipv6Ranges": six}


PERMISSIONS: dict[str, list[dict[str, Any]]] = {
    "ssh": [tcp(22, 22, "0.0.0.0/0", "10.0.0.0/8")],
    "rdp": [tcp(3389, 3389, "::/0")],
    "database": [tcp(5432, 5432, "0.0.0.0/0"), tcp(8081, 8081, "0.0.0.0/0")],
    "wide": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    "web": [tcp(80, 80, "0.0.0.0/0"), tcp(443, 443, "0.0.0.0/0", "::/0")],
    "office": [tcp(22, 22, "203.0.113.0/24"), tcp(3389, 3389, "203.0.113.7/32")],
    "closed": [],
}


async def _cpu(account: SignedIn, region: str, instances: dict[str, str]) -> None:
    load = {"idle": (1.5, HOURS), "busy": (60.0, HOURS), "young": (1.0, 5), "stopped": (0.5, HOURS)}
    now = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
    async with account.client("cloudwatch", region) as cloudwatch:
        for name, (percent, hours) in load.items():
            values = [
                {
                    "MetricName": "CPUUtilization",
                    "Dimensions": [{"Name": "InstanceId", "Value": instances[name]}],
                    "Timestamp": now - timedelta(hours=hour + 2),
                    "Value": percent,
                    "Unit": "Percent",
                }
                for hour in range(hours)
            ]
            await cloudwatch.put_metric_data(Namespace="AWS/EC2", MetricData=values)


async def _databases(account: SignedIn, region: str) -> None:
    bad: dict[str, Any] = {"PubliclyAccessible": True, "StorageEncrypted": False, "BackupRetentionPeriod": 0}
    good: dict[str, Any] = {"PubliclyAccessible": False, "StorageEncrypted": True, "BackupRetentionPeriod": 7}
    async with account.client("rds", region) as rds:
        for name, more in {"bad": bad, "snapped": good | {"BackupRetentionPeriod": 0}, "good": good}.items():
            await rds.create_db_instance(
                DBInstanceIdentifier=name,
                Engine="postgres",
                DBInstanceClass="db.t3.micro",
                AllocatedStorage=20,
                MasterUsername="owner",
                MasterUserPassword="not a secret",
                **more,
            )
        await rds.create_db_snapshot(DBSnapshotIdentifier="taken", DBInstanceIdentifier="snapped")


async def _role(account: SignedIn) -> None:
    async with account.client("iam", "us-east-1") as iam:
        await iam.create_role(RoleName="function", AssumeRolePolicyDocument="{}")


async def _functions(account: SignedIn, region: str) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "")
    async with account.client("lambda", region) as functions:
        for name in ("resize", "notify"):
            await functions.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=f"arn:aws:iam::{account.account_id}:role/function",
                Handler="main.handle",
                Code={"ZipFile": code.getvalue()},
            )


async def _buckets(account: SignedIn) -> None:
    for region in REGIONS:
        async with account.client("s3", region) as s3:
            for kind in ("bare", "half", "good"):
                await _bucket(s3, region, f"{kind}-{region}-{account.account_id}", kind)


async def _bucket(s3: Any, region: str, name: str, kind: str) -> None:
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    await s3.create_bucket(Bucket=name, **place)
    if kind == "bare":
        return
    blocked = FULLY_BLOCKED | ({"RestrictPublicBuckets": False} if kind == "half" else {})
    await s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)
    encrypted = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    await s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encrypted)
    if kind == "good":
        await s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
