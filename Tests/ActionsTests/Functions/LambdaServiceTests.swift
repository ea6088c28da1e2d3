import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// Invocations of a function that boto3 made in a moto server, which runs none and
/// so shows only that the requests are those of Lambda.
@Suite("Invoking functions of moto", .waiting)
struct LambdaServiceTests {
  @Test("a function is found by name, by full name and by version")
  func invokes() async throws {
    try await MotoServer.run { server in
      let arn = try server.python(
        """
        import io, urllib.request, zipfile
        settings = json.dumps({'lambda': {'use_docker': False}}).encode()
        urllib.request.urlopen(urllib.request.Request(
            client('lambda').meta.endpoint_url + '/moto-api/config', settings, method='POST',
            headers={'Content-Type': 'application/json'}))
        trust = {'Version': '2012-10-17', 'Statement': []}
        role = client('iam').create_role(RoleName='r', AssumeRolePolicyDocument=json.dumps(trust))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, 'w') as file:
            file.writestr('a.py', 'def h(event, context): return event')
        made = client('lambda').create_function(
            FunctionName='echo', Runtime='python3.12', Role=role['Role']['Arn'], Handler='a.h',
            Code={'ZipFile': archive.getvalue()}, Publish=True)
        print(made['FunctionArn'].removesuffix(':1'), end='')
        """)
      let stage = try CloudStage(server.environment)
      let inputs = ["function: 'echo'", "function: '\(arn)'", "function: 'echo', qualifier: '1'"]
      for (index, input) in inputs.enumerated() {
        try await stage.rig(LambdaInvoke.self, "{\(input), payload: {a: 1}}", step: "s\(index)")
          .apply()
      }
    }
  }

  @Test("without a connection nothing was invoked, and the next attempt may")
  func offline() async throws {
    let stage = try CloudStage([
      "AWS_ENDPOINT_URL": "http://127.0.0.1:\(try FreePort.find())", "AWS_REGION": "us-east-1",
      "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
    ])
    for _ in 1...2 {
      let failure = try await #require(throws: Failure.self) {
        try await stage.rig(LambdaInvoke.self, "{function: 'echo'}").apply()
      }
      #expect(failure.isTransient, "\(failure)")
    }
  }
}
