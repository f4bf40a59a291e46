"""Meta's Python SDK against the fake: the host is all that is overridden."""

import hashlib
import json
import sys
import urllib.request

from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

ready = json.load(open(sys.argv[1]))
FacebookSession.GRAPH = ready["url"]
account_id = ready["ad_accounts"][0]


def control(method, name, body=None):
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(f"{ready['url']}/_control/{name}", data=data, method=method)
    call.add_header("Content-Type", "application/json")
    return json.load(urllib.request.urlopen(call))


def refused(call, code, subcode=None):
    try:
        call()
    except FacebookRequestError as error:
        assert error.api_error_code() == code, error
        assert subcode is None or error.api_error_subcode() == subcode, error
        return error
    raise AssertionError(f"not refused with {code}")


control("POST", "reset")
FacebookAdsApi.init(ready["app_id"], ready["app_secret"], ready["access_token"], crash_log=False)
account = AdAccount(account_id)

# Accounts.
assert [a["id"] for a in User("me").get_ad_accounts()] == [account_id]
assert account.api_get(fields=["name", "account_status"])["account_status"] == 1

# Create and read.
fields = {"name": "Python", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
audience = account.create_custom_audience(params={**fields, "description": "Größe \"L\" & more"})
read = audience.api_get(fields=["name", "description", "subtype", "operation_status", "delivery_status"])
assert read["name"] == "Python" and read["description"] == "Größe \"L\" & more", read
assert read["operation_status"]["code"] == 410, read

# List, over several pages, newest first.
for number in range(60):
    account.create_custom_audience(params={**fields, "name": f"page {number}"})
names = [a["name"] for a in account.get_custom_audiences(fields=["name"], params={"limit": 25})]
assert len(names) == 61 and names[0] == "page 59" and names[-1] == "Python", names
found = account.get_custom_audiences(
    fields=["name"], params={"filtering": [{"field": "name", "operator": "CONTAIN", "value": "page 1"}]}
)
assert len(list(found)) == 11

# Update.
audience.api_update(params={"name": "Python, renamed"})
assert audience.api_get(fields=["name"])["name"] == "Python, renamed"

# Add 200 rows, in both of the SDK's forms of hashing, and remove them.
people = [[f"Person{number}@Example.com "] for number in range(200)]
reply = audience.add_users(["EMAIL"], people, is_raw=True).json()
assert reply["num_received"] == 200 and reply["num_invalid_entries"] == 0, reply
assert reply["audience_id"] == audience["id"] and reply["session_id"].isdigit(), reply
members = control("GET", f"members?audience={audience['id']}")
assert members["count"] == 200, members["count"]
hashed = [[hashlib.sha256(f"person{number}@example.com".encode()).hexdigest()] for number in range(200)]
session = {"session_id": 9778993, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": 200}
reply = audience.add_users(["EMAIL"], hashed, is_raw=True, pre_hashed=True, session=session).json()
assert reply["session_id"] == "9778993", reply
assert control("GET", f"members?audience={audience['id']}")["count"] == 200
reply = audience.remove_users(["EMAIL"], people, is_raw=True).json()
assert reply["num_received"] == 200, reply
assert control("GET", f"members?audience={audience['id']}")["count"] == 0

# 300 rows of a removal do not fit the URL that the SDK puts them in. It takes the page of HTML for a success.
reply = audience.remove_users(["EMAIL"], [[f"p{number}@example.com"] for number in range(300)], is_raw=True)
assert reply.status() == 414 and "<html" in reply.body(), reply.status()

# A row that is refused, inside a 200.
reply = audience.add_users(["EMAIL"], [hashed[0], ["not a digest"]], is_raw=True, pre_hashed=True).json()
assert reply["num_invalid_entries"] == 1 and list(reply["invalid_entry_samples"]) == ['["not a digest"]'], reply

# The legacy schema cannot be mixed in.
refused(lambda: audience.add_users(CustomAudience.Schema.email_hash, ["a@example.com"]), 2650)

# Wrong fields and wrong proof.
refused(lambda: audience.api_get(fields=["approximate_count"]), 100)
other = FacebookAdsApi(FacebookSession(ready["app_id"], "wrong", ready["access_token"]))
refused(lambda: AdAccount(account_id, api=other).api_get(fields=["name"]), 100)

# Batch: three calls in one, one of which is refused.
seen, bad = [], []
batch = FacebookAdsApi.get_default_api().new_batch()
account.create_custom_audience(
    params={**fields, "name": "in a batch"}, batch=batch, success=lambda r: seen.append(r.json()), failure=bad.append
)
audience.api_get(fields=["name"], batch=batch, success=lambda r: seen.append(r.json()), failure=bad.append)
CustomAudience("42").api_get(fields=["name"], batch=batch, success=seen.append, failure=bad.append)
assert batch.execute() is None
assert len(seen) == 2 and seen[1]["name"] == "Python, renamed", seen
assert len(bad) == 1 and bad[0].error().api_error_subcode() == 33, bad

# A throttle, and an expired token.
control("POST", "faults", {"rule": "error=80003/2446079@read_audience:first=1"})
error = refused(lambda: audience.api_get(fields=["name"]), 80003, 2446079)
assert error.http_status() == 400
audience.api_get(fields=["name"])
control("POST", "tokens", {"token": "EAAshort", "scopes": ["ads_management"], "expires_in": 60})
short = FacebookAdsApi(FacebookSession(ready["app_id"], ready["app_secret"], "EAAshort"))
assert AdAccount(account_id, api=short).api_get(fields=["name"])["id"] == account_id
control("POST", "advance", {"seconds": 61})
refused(lambda: AdAccount(account_id, api=short).api_get(fields=["name"]), 190, 463)

# Delete.
audience.api_delete()
refused(lambda: audience.api_get(fields=["name"]), 100, 33)

kinds = {alarm["kind"] for alarm in control("GET", "alarms")}
assert kinds == {"TokenInUrl", "UnhashedValue"}, kinds
print("official SDKs: Python", FacebookAdsApi.SDK_VERSION, "passes")
