"""Hosts that reports name without meaning an indicator; a name stands for its subdomains too."""

from __future__ import annotations

from collections.abc import Iterator

_REFERENCES = """
attack.mitre.org capec.mitre.org cve.mitre.org cve.org cwe.mitre.org d3fend.mitre.org mitre.org nist.gov cisa.gov
cert.gov.ua cert.europa.eu dhs.gov europol.europa.eu fbi.gov ic3.gov justice.gov ncsc.gov.uk cyber.gov.au nsa.gov
cert.ssi.gouv.fr jpcert.or.jp first.org owasp.org sans.edu sans.org sigmahq.io exploit-db.com abuse.ch
microsoft.com msdn.com office.com windows.com azure.com apple.com amazon.com kubernetes.io docker.com okta.com
oracle.com cisco.com redhat.com debian.org ubuntu.com kernel.org python.org openssh.com openssl.org mozilla.org
wikipedia.org w3.org ietf.org schema.org adobe.com citrix.com vmware.com atlassian.com fortinet.com ivanti.com
accenture.com anomali.com arcticwolf.com blackberry.com bitdefender.com bleepingcomputer.com cadosecurity.com
checkpoint.com cofense.com crowdstrike.com cybereason.com cyble.com darkreading.com darktrace.com datadoghq.com
dragos.com elastic.co eset.com esentire.com f-secure.com fireeye.com fox-it.com gosecure.net gdata.de group-ib.com
huntress.com intel471.com intezer.com kaspersky.com krebsonsecurity.com lab52.io malwarebytes.com mandiant.com
mcafee.com morphisec.com netskope.com nccgroup.com offsec.com paloaltonetworks.com proofpoint.com ptsecurity.com
qualys.com rapid7.com recordedfuture.com redcanary.com secureworks.com securelist.com securityintelligence.com
securityweek.com sekoia.io sentinelone.com snyk.io sophos.com splunk.com symantec.com sysdig.com talosintelligence.com
team-cymru.com tenable.com thedfirreport.com thehackernews.com threatconnect.com trellix.com trendmicro.com
trustwave.com uptycs.com volexity.com welivesecurity.com wiz.io zdnet.com zscaler.com
any.run hybrid-analysis.com joesandbox.com urlscan.io virustotal.com shodan.io
"""
REFERENCES = frozenset(_REFERENCES.split())
"""Publishers, vendors and their documentation: nothing at them is an indicator."""

_SHARED = """
amazonaws.com anonfiles.com azureedge.net bit.ly bitbucket.org blogspot.com box.com cdn.discordapp.com
cloudflare.com discord.com discord.gg discordapp.com docs.google.com drive.google.com dropbox.com facebook.com
file.io firebaseio.com gist.github.com github.com github.io githubusercontent.com gitlab.com gmail.com gofile.io
google.com googleapis.com googleusercontent.com hotmail.com icloud.com ifconfig.me instagram.com ipify.org
ipinfo.io linkedin.com live.com mail.ru mediafire.com medium.com mega.io mega.nz microsoftonline.com ngrok.io
notion.so npmjs.com npmjs.org onedrive.live.com opendns.com outlook.com pastebin.com proton.me protonmail.com
pypi.org rentry.co sharepoint.com slack.com t.me telegra.ph telegram.org tinyurl.com transfer.sh trycloudflare.com
twitter.com webhook.site whatsapp.com windows.net wordpress.com x.com yahoo.com yandex.ru youtube.com zoom.us
"""
SHARED = frozenset(_SHARED.split())
"""Services that everybody uses: the host is no indicator, though a defanged URL or a mailbox at it may be one."""


def is_reference(host: str) -> bool:
    """Whether the lower-case `host` belongs to a publisher, a vendor or their documentation."""
    return any(name in REFERENCES for name in _parents(host))


def is_shared(host: str) -> bool:
    """Whether the lower-case `host` belongs to a service that everybody uses."""
    return any(name in SHARED for name in _parents(host))


def _parents(host: str) -> Iterator[str]:
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(len(labels) - 1))
