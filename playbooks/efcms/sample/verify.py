#!/usr/bin/env python3
"""Reads the sample environment back with boto3 and says in one line what is live.

Usage: verify.py          colour and versions as stored, what users reach, tables with their items,
                          indexers, search domains with their documents, leftovers
       verify.py data     whether the live table holds every case with a status: the migrations ran
"""

import sys

from sample import (
    COLOURS, DOMAIN, EAST, ENV, INDICES, WEST, apis, client, endpoint_of, mapped, mapping_of,
    search, table_of, value, variables)
from deploy import table_at


def colour_of(region, domain):
    target = mapped(domain, region)
    names = [name for name, api in apis(region).items() if api == target]
    return names[0].rsplit("_", 1)[1] if names else "none"


def one(found):
    """One word for what should all be the same."""
    return "/".join(sorted(set(found)))


def edges():
    pages = client("cloudfront").get_paginator("list_distributions").paginate()
    for distribution in (d for page in pages for d in page["DistributionList"].get("Items", [])):
        aliases = distribution["Aliases"].get("Items", [])
        colour = next(c for c in COLOURS if any(c in alias for alias in aliases))
        for alias in aliases:
            if alias in (DOMAIN, f"app.{DOMAIN}"):
                yield alias, colour, distribution["DomainName"]


def names_agree(found):
    zone = client("route53").list_hosted_zones_by_name(DNSName=f"{DOMAIN}.")["HostedZones"][0]
    sets = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])
    records = {r["Name"].rstrip("."): r["AliasTarget"]["DNSName"].rstrip(".")
               for r in sets["ResourceRecordSets"] if "AliasTarget" in r}
    return all(records[alias] == target for alias, _, target in found)


def items(version):
    name = table_of(version)
    if not table_at(version, EAST):
        return f"{version}:gone" + ("+west" if table_at(version, WEST) else "")
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=name, Select="COUNT")
    return f"{version}:{sum(page['Count'] for page in pages)}" + (
        "" if table_at(version, WEST) else "-west")


def documents(version):
    endpoint = endpoint_of(version)
    if not endpoint:
        return f"{version}:gone"
    counts = [(search("GET", endpoint, f"/{index}/_count") or {"count": 0})["count"]
              for index in INDICES.values()]
    return f"{version}:{sum(counts)}"


def main(words):
    if words == ["data"]:
        live = table_of(value("source-table-version"))
        cases = [item for page in client("dynamodb").get_paginator("scan").paginate(TableName=live)
                 for item in page["Items"] if item.get("entityName", {}).get("S") == "Case"]
        print(f"{len(cases)} cases, {sum('status' in case for case in cases)} with a status")
        return
    edge = list(edges())
    api = one(colour_of(r, f"{n}.{DOMAIN}") for r in (EAST, WEST) for n in ("api", "public-api"))
    live = value("current-color")
    table = one(variables(f"api_{ENV}_{live}", r)["DYNAMODB_TABLE_NAME"] for r in (EAST, WEST))
    indexers = [c for c in COLOURS if (m := mapping_of(f"streams_{ENV}_{c}"))
                and m["State"] == "Enabled"]
    sent = client("sns").list_subscriptions()["Subscriptions"]
    extra = [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]
             if f["FunctionName"].startswith("migration_")]
    versions = [value(f"{w}-table-version") for w in ("source", "destination")]
    print(
        f"color {live}", f"versions {'>'.join(versions)}", f"migrate {value('migrate')}",
        f"pending {value('pending-color-switch')}", f"ui {one(c for _, c, _ in edge)}"
        + ("" if names_agree(edge) else "(dns differs)"), f"api {api}", f"reads {table}",
        f"tables {items('alpha')} {items('beta')}",
        f"indexers {'+'.join(indexers) or 'none'}",
        f"search {documents('alpha')} {documents('beta')}",
        f"own {'+'.join(c for c in COLOURS if mapped(f'api-{c}.{DOMAIN}', EAST)) or 'none'}",
        f"bounces {one(s['Endpoint'].rsplit('_', 1)[1] for s in sent)}",
        f"left {'+'.join(extra) or 'nothing'}", sep=", ")


if __name__ == "__main__":
    main(sys.argv[1:])
