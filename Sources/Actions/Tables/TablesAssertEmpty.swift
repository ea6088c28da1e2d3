import JSON
package import Resources
package import Rollouts

/// Stops unless a DynamoDB table is there and holds nothing, in each of its regions.
package struct TablesAssertEmpty: Action {
  package struct Own: Decodable, Sendable {
    var table: String
    var regions: [String]?
  }

  package typealias Input = Beside<CloudAccount, Own>
  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "tables.assert-empty"
  package static let summary = "Stops unless a DynamoDB table holds nothing in any region."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] =
    [
      .required("table", .string, "The table's name, or its URL."),
      .optional("regions", .list(.string), "Its regions; by default the one of the step."),
    ] + CloudAccount.fields

  private let tables: [RegionalTable]

  package init(_ input: Input, in site: Site) throws(Failure) {
    let name = RegionalTable.name(of: input.table)
    tables = try Self.regions(input).map { (region) throws(Failure) in
      guard let region, !name.isEmpty else {
        throw .permanent(
          "step \(site.step) names no region or no table",
          hint: "Give it 'regions', or write table: \"dynamodb://region/table\".")
      }
      return RegionalTable(name, in: region, input.account.place, site)
    }
  }

  private static func regions(_ input: Input) -> [String?] {
    if let regions = input.regions, !regions.isEmpty { return regions }
    let isURL = !RegionalTable.name(of: input.table).hasSameBytes(as: input.table)
    let named = isURL ? try? ResourceURL(input.table).authority : nil
    return [named ?? input.account.region]
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let name = RegionalTable.name(of: input.table)
    return regions(input).compactMap(\.self).flatMap { region -> [StepRight] in
      let place = input.account.place.moved(to: region)
      return ["DescribeTable", "Scan"].map { operation -> StepRight in
        .call(
          CloudUse(
            "dynamodb", operation, at: place, on: RegionalTable.arn(name, in: region, place)))
      }
    }
  }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    for table in tables {
      try progress.pace.checkStop()
      guard try await table.state() != nil else {
        throw .permanent("there is no \(table.title)", hint: "Correct its name or its region.")
      }
      guard try await table.isEmpty() else {
        throw .refused(
          "\(table.title) is not empty", hint: "Find out what wrote to it; nothing should have.")
      }
    }
    return StepReport(notes: ["\(tables.map(\.title).joined(separator: ", ")): empty"])
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
