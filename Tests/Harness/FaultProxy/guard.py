"""Access control for `proxy.py`: notes the rights that requests take, and refuses what nobody granted.

Who signs with an access key that has a policy is a session of a role with the key's name, held to that
policy; IAM and STS answer for it here, by the same policies. All others pass unnoticed, as do boto3
and the command-line tool, which tests use to make and to look.
"""

import json
import urllib.parse

import rights


class Guard:
    def __init__(self, policies):
        self.policies = policies
        self.calls = set()

    def command(self, method, body):
        """GET gives what was noted since the last time; POST sets the policies."""
        if method == b"POST":
            self.policies = json.loads(body)
            return b"{}"
        calls, self.calls = sorted(self.calls), set()
        return json.dumps(calls).encode()

    def answer(self, request):
        """Status, header fields and body for a request that goes no further; else nothing."""
        place = rights.place_of(request.fields)
        agent = request.fields.get(b"user-agent", b"")
        if place is None or b"Boto" in agent or b"aws-cli" in agent or place.key not in self.policies:
            return None
        needed = rights.needed(
            request.method.decode(), request.path.decode(), request.fields, request.body)
        self.calls.update(needed)
        policy = self.policies[place.key]
        if policy is not None:
            for action, resource in needed:
                if not rights.is_allowed(policy, action, resource):
                    return self.refusal(request, place.key, action, resource)
        if place.service in ("sts", "iam"):
            return self.identity(place.key, dict(urllib.parse.parse_qsl(request.body.decode())))
        return None

    def refusal(self, request, key, action, resource):
        words = (
            f"User: arn:aws:sts::{rights.ACCOUNT}:assumed-role/{key}/session is not authorized to "
            f"perform: {action} on resource: {resource} because no identity-based policy allows the "
            f"{action} action")
        if request.style == "json":
            body = {"__type": "com.amazonaws.service#AccessDeniedException", "message": words}
            return 400, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode()
        if action.startswith("lambda:"):
            return 403, [("Content-Type", "application/json"),
                         ("x-amzn-ErrorType", "AccessDeniedException")], json.dumps(
                {"Message": words}).encode()
        error = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
        if not action.startswith("s3:"):
            error = f"<ErrorResponse>{error}</ErrorResponse>"
        body = b"" if request.method == b"HEAD" else error.encode()
        return 403, [("Content-Type", "application/xml")], body

    def identity(self, key, form):
        role = f"arn:aws:iam::{rights.ACCOUNT}:role/teams/{key}"
        action = form.get("Action")
        if action == "GetCallerIdentity":
            inner = f"<Arn>arn:aws:sts::{rights.ACCOUNT}:assumed-role/{key}/session</Arn>"
        elif action == "GetRole":
            inner = f"<Role><Arn>{role}</Arn></Role>"
        elif action == "SimulatePrincipalPolicy" and form["PolicySourceArn"].startswith(role[:-len(key)]):
            # Whoever is asked about need not be who asks.
            policy = self.policies.get(form["PolicySourceArn"].rpartition("/")[2])
            inner = "<IsTruncated>false</IsTruncated><EvaluationResults>"
            for name, asked in sorted(form.items()):
                if name.startswith("ActionNames.member."):
                    resource = form["ResourceArns.member.1"]
                    word = (
                        "allowed" if policy is None or rights.is_allowed(policy, asked, resource)
                        else "implicitDeny")
                    inner += (
                        f"<member><EvalActionName>{asked}</EvalActionName><EvalResourceName>{resource}"
                        f"</EvalResourceName><EvalDecision>{word}</EvalDecision></member>")
            inner += "</EvaluationResults>"
        else:
            return None
        xml = f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"
        return 200, [("Content-Type", "text/xml")], xml.encode()
