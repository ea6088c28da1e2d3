import Harness
import JSON
import Testing

@Suite("The rights that values take", .waiting)
struct ValuesPolicyTests {
  @Test("a store takes single items or parameters, not what a table of that name would take")
  func stores() throws {
    let binary = try Binary()
    try binary.write(
      "p.json5",
      """
      {
        playbook: 1, environment: "rights", colors: { blue: {}, green: {} },
        live: { values: "dynamodb://us-east-1/deploy", key: "current-color", functions: [
          { function: "api_${color}", region: "us-west-1", variable: "V", value: "${color}" }] },
        steps: [
          { id: "read", uses: "values.read", with: { store: "ssm://us-east-1/app/prod",
            read: { a: { key: "a" } } } },
          { id: "set", uses: "values.set", with: { store: "dynamodb://us-east-1/deploy",
            set: [{ key: "a", value: "b" }] } },
          { id: "record", uses: "migrations.record", with: { expected: ["one"],
            records: { table: "dynamodb://us-east-1/data", layout: "data" } } },
        ],
      }
      """)
    let output = try binary("policy", "p.json5", "--json")
    #expect(output.code == 0, "\(output.all)")
    let value = try JSONValue(parsing: output.text)
    func pairs(_ role: String) -> Set<String> {
      var pairs: Set<String> = []
      for statement in value[role]?["Statement"]?.elements ?? [] {
        for action in statement["Action"]?.elements?.compactMap(\.string) ?? [] {
          for resource in statement["Resource"]?.elements?.compactMap(\.string) ?? []
          where !action.hasPrefix("iam:") && !action.hasPrefix("sts:") {
            pairs.insert("\(action) \(resource)")
          }
        }
      }
      return pairs
    }
    let deploy = "arn:aws:dynamodb:us-east-1:*:table/deploy"
    let data = "arn:aws:dynamodb:us-east-1:*:table/data"
    let functions = ["blue", "green"].map {
      "lambda:GetFunctionConfiguration arn:aws:lambda:us-west-1:*:function:api_\($0)"
    }
    let plan = Set(
      functions + [
        "dynamodb:GetItem \(deploy)", "dynamodb:DescribeTable \(data)",
        "dynamodb:BatchGetItem \(data)",
        "ssm:GetParameter arn:aws:ssm:us-east-1:*:parameter/app/prod/*",
      ])
    #expect(pairs("plan") == plan)
    #expect(
      pairs("apply")
        == plan.union([
          "dynamodb:UpdateItem \(deploy)", "dynamodb:DeleteItem \(deploy)",
          "dynamodb:PutItem \(data)", "dynamodb:DeleteItem \(data)",
        ]))
  }
}
