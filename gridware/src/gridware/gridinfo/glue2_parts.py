"""Records that every GLUE 2 service has: itself, its endpoint, and who may come in there."""

from collections.abc import Iterable

from gridware.gridinfo.ldif import Entry, entry

Made = tuple[str, Entry]
"""A DN and its record."""

_POLICY = "org.glite.standard"
"""Scheme of policy rules such as ``VO:gilda`` (EGI Profile for GLUE 2)."""


def service_dn(name: str) -> str:
    return f"GLUE2ServiceID={name}"


def endpoint_dn(name: str, of: str) -> str:
    return f"GLUE2EndpointID={name},{service_dn(of)}"


def service(site: str, name: str, kind: str, capability: str, *classes: str, **more: object) -> Made:
    """A service named ``name``; ``classes`` are those beside GLUE2Service."""
    return service_dn(name), entry(
        ["GLUE2Entity", "GLUE2Service", *classes],
        GLUE2ServiceID=name,
        GLUE2EntityName=name,
        GLUE2ServiceType=kind,
        GLUE2ServiceQualityLevel="production",
        GLUE2ServiceCapability=capability,
        GLUE2ServiceAdminDomainForeignKey=site,
        **more,
    )


def endpoint(name: str, of: str, kind: str, *classes: str, url: str, serving: str, **more: object) -> Made:
    """Where the service ``of`` answers, with an interface of this kind; not in service is not healthy."""
    return endpoint_dn(name, of), entry(
        ["GLUE2Entity", "GLUE2Endpoint", *classes],
        GLUE2EndpointID=name,
        GLUE2EntityName=name,
        GLUE2EndpointURL=url,
        GLUE2EndpointInterfaceName=kind,
        GLUE2EndpointQualityLevel="production",
        GLUE2EndpointHealthState="critical" if serving == "closed" else "ok",
        GLUE2EndpointServingState=serving,
        GLUE2EndpointServiceForeignKey=of,
        **more,
    )


def access(name: str, of: str, rules: Iterable[str]) -> Made:
    """Who may come in at the endpoint ``name``."""
    return _policy("Access", "Endpoint", name, endpoint_dn(name, of), rules)


def mapping(share: str, share_dn: str, rules: Iterable[str]) -> Made:
    """Whom the share is for."""
    return _policy("Mapping", "Share", share, share_dn, rules)


def _policy(kind: str, what: str, name: str, dn: str, rules: Iterable[str]) -> Made:
    policy = f"{name}_{kind.lower()}"
    return f"GLUE2PolicyID={policy},{dn}", entry(
        ["GLUE2Entity", "GLUE2Policy", f"GLUE2{kind}Policy"],
        GLUE2PolicyID=policy,
        GLUE2PolicyScheme=_POLICY,
        GLUE2PolicyRule=rules,
        **{f"GLUE2{kind}Policy{what}ForeignKey": name},
    )
