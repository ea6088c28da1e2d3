package import Resources
package import Rollouts

/// Finds names in a stack that no step deployed, for later steps to refer to.
package struct StackLookup: Action {
  package struct Input: Decodable, Sendable {
    var stack: ResourceURL
    var find: [String: StackFinder.Wanted]?
    var outputsOf: [String: String]?
  }

  package struct Plan: Codable, Sendable {
    var stack: ResourceURL
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "stack.lookup"
  package static let summary = "Finds physical names and outputs of a stack for later steps."
  package static let reversal = Reversal.exact
  package static let inputs: [InputField] = [
    .required("stack", .resource(.stack), "The stack to look into, nested stacks included."),
    StackFinder.findField, StackFinder.outputsOfField,
  ]

  private let input: Input
  private let site: Site
  private let inventory: any StackInventory
  private let finder: StackFinder

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    finder = StackFinder(find: input.find ?? [:], outputsOf: input.outputsOf ?? [:])
    let wanted = (input.find ?? [:]).keys.map { $0 } + (input.outputsOf ?? [:]).keys
    guard !wanted.isEmpty, Set(wanted).count == wanted.count else {
      throw .permanent(
        "step \(site.step) looks for nothing, or for two things of one name",
        hint: "Give 'find' or 'outputsOf', each output name once.")
    }
    guard let inventory = try site.stack(input.stack) as? any StackInventory else {
      throw .permanent(
        "\(input.stack) does not name what it owns", hint: "Its outputs are those of its deploy.")
    }
    self.inventory = inventory
  }

  /// Looks in the preview too where the stack is there, so that a wrong name is told early.
  package func plan() async throws(Failure) -> Planned<Plan> {
    if let contents = try await inventory.contents() {
      _ = try finder.find(in: contents, of: input.stack)
    } else if !site.isPreview {
      throw absent
    }
    return Planned(Plan(stack: input.stack), changes: [])
  }

  private var absent: Failure {
    .refused(
      "\(input.stack) is not there", hint: "Correct its name, region or credentials.")
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard let contents = try await inventory.contents() else { throw absent }
    return StepReport(outputs: try finder.find(in: contents, of: input.stack))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
