import JSON

/// A Lambda function for the trigger "user migration" that asks another user pool.
///
/// It is called when somebody unknown signs in with a password or has forgotten it. Source:
/// "Migrate user Lambda trigger" in Cognito's developer guide.
struct MigrationFunction {
  let region: String
  let pool: String
  /// Names there to names here; what is not among them is left behind.
  let attributes: [String: String]

  var files: [String: String] {
    [
      "migration/lambda_function.py": code, "migration/README.md": notes,
      "migration/policy.json": policy,
    ]
  }

  private var map: String {
    let map = JSONValue.object(attributes.map { .init($0.key, .string($0.value)) })
    return String(decoding: map.compact(sortedKeys: true), as: UTF8.self)
  }

  private var code: String {
    """
    \"\"\"Brings a user over from the former pool when that user first signs in here.\"\"\"
    import os

    import boto3

    REGION = "\(region)"
    POOL = "\(pool)"
    CLIENT = os.environ["FORMER_CLIENT_ID"]
    ATTRIBUTES = \(map)

    cognito = boto3.client("cognito-idp", region_name=REGION)


    def handler(event, context):
        source = event["triggerSource"]
        if source == "UserMigration_Authentication":
            user = signed_in(event["userName"], event["request"]["password"])
        elif source == "UserMigration_ForgotPassword":
            user = known(event["userName"])
        else:
            return event
        if user is None or user["Username"] != event["userName"]:
            raise Exception("Bad user or password")
        given = {a["Name"]: a["Value"] for a in user["UserAttributes"]}
        event["response"]["userAttributes"] = {
            new: given[old] for old, new in ATTRIBUTES.items() if old in given
        }
        event["response"]["messageAction"] = "SUPPRESS"
        if source == "UserMigration_Authentication":
            event["response"]["finalUserStatus"] = "CONFIRMED"
        return event


    def signed_in(name, password):
        try:
            cognito.admin_initiate_auth(
                UserPoolId=POOL, ClientId=CLIENT, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": password})
        except (cognito.exceptions.NotAuthorizedException,
                cognito.exceptions.UserNotFoundException,
                cognito.exceptions.PasswordResetRequiredException):
            return None
        return known(name)


    def known(name):
        try:
            user = cognito.admin_get_user(UserPoolId=POOL, Username=name)
        except cognito.exceptions.UserNotFoundException:
            return None
        return user if user["Enabled"] and user["UserStatus"] != "EXTERNAL_PROVIDER" else None

    """
  }

  private var policy: String {
    """
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": ["cognito-idp:AdminInitiateAuth", "cognito-idp:AdminGetUser"],
          "Resource": "arn:\(AWSPartition.of(region).name):cognito-idp:\(region):*:userpool/\(pool)"
        }
      ]
    }

    """
  }

  private var notes: String {
    """
    # A migration trigger from \(pool)

    Written by cutover. `lambda_function.py` is the function (Python, handler
    `lambda_function.handler`), `policy.json` what its role needs beside writing logs.

    Before the step can attach it, by hand:

    1. In \(pool), make an app client without a secret that allows
       ALLOW_ADMIN_USER_PASSWORD_AUTH.
    2. Make the function with that client's id in FORMER_CLIENT_ID, and a role with the policy.
    3. Let the new pool call it: `aws lambda add-permission --principal cognito-idp.amazonaws.com
       --action lambda:InvokeFunction` with the new pool's ARN as the source.
    4. Give the function's ARN to the step as `function`.
    5. Let the application sign in with USER_PASSWORD_AUTH while the trigger is there: with SRP the
       password never reaches Cognito, so nobody is brought over.

    What it cannot do: users are brought over one by one when they sign in, never all of them;
    groups, second factors and devices are not; the former pool must stay until nobody is missing.

    """
  }
}
