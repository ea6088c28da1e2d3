import JSON
import Resources

/// What a playbook may hold, section by section; checks and the JSON Schema are read off this.
enum PlaybookFields {
  /// The one version of the format that exists.
  static let version = 1
  /// More steps than a person can review.
  static let stepsMax = 500
  static let parametersMax = 1000
  static let nameLengthMax = 64
  static let channelsMax = 20
  static let recordTypes = ["CNAME", "A", "AAAA", "TXT"]

  static let sections = [
    "playbook", "environment", "description", "parameters", "colors", "live", "notify", "defaults",
    "conditions", "invariants", "steps",
    // Editors find the schema by this key.
    "$schema",
  ]

  static let behaviour: [InputField] = [
    .optional(
      "attempts", .integer(1...100), "How often a step is tried before a person is asked.",
      default: "3"),
    .optional(
      "backOff", .duration,
      "The pause before the second attempt; it doubles with each further one.",
      default: "2s"),
    .optional("timeLimit", .duration, "How long one attempt may take."),
    .optional(
      "onFailure", .choice(["stop", "rollback"]),
      "What happens when a step fails for good: a person is asked, or everything is undone; "
        + "without it the action decides, mostly for asking."),
  ]

  static let step: [InputField] =
    [
      .required("id", .string, "The name by which messages and other steps know the step."),
      .required("uses", .string, "The action, as 'cutover actions' lists them."),
      .optional("title", .string, "What the step is for, in the words of the person watching."),
      .optional(
        "after", .list(.step),
        "The steps that must be done before; without it the step above, with [] none."),
      .optional(
        "when", .any,
        "Whether the step is carried out: true or false, names of 'conditions' that hold "
          + "('!name' is its opposite), or { value, is, isNot }; left out, it counts as done."),
      .optional("with", .any, "The action's inputs."),
      .optional(
        "promotes", .boolean, "Whether this is the one step by which the other colour goes live.",
        default: "false"),
      .optional(
        "each", .map(.map(.any)),
        "Makes it several steps, one for each key, with ${each.NAME} for that key's values; in "
          + "the order in which they stand, one after the other."),
      .optional(
        "together", .boolean, "With 'each': whether they run side by side.", default: "false"),
      .optional(
        "closes", .list(.step),
        "The steps after which it tidies up, also when one of them has failed; it is not undone."),
      .optional(
        "holds", .any,
        "Names of 'invariants', looked at before and after the step; or { before, after }."),
      .optional("deadline", .object(deadline), "A clock by which the step must be done."),
    ] + behaviour

  static let deadline: [InputField] = [
    .required("since", .step, "The step whose beginning starts the clock."),
    .required("within", .duration, "How long it runs; it does not stop for pauses."),
    .optional("warn", .duration, "After how long people are warned."),
  ]

  static let holds: [InputField] = [
    .optional("before", .list(.string), "Invariants that must hold before its first change."),
    .optional("after", .list(.string), "Invariants that must hold when it is done."),
  ]

  static let invariant: [InputField] = [
    .required("uses", .string, "The action that looks, such as validate."),
    .optional("with", .any, "The action's inputs."),
  ]

  static let condition: [InputField] = [
    .required("value", .any, "What decides, such as an output of an earlier step."),
    .optional("is", .list(.string), "What means that the step is carried out."),
    .optional(
      "isNot", .list(.string),
      "What means that it is left out. With both lists, anything else stops the rollout."),
  ]

  /// Either the zone with what `liveRecord` names, or the store with its key; both may be.
  static let live: [InputField] = [
    .optional(
      "zone", .resource(.zone), "The zone that shows which colour is live.",
      uses: [.look, .read]),
    .optional("name", .string, "The name of the record that is looked at."),
    .optional("type", .choice(recordTypes), "The type of the record.", default: "CNAME"),
    .optional("value", .string, "What the record holds when a colour is live: ${color.…}."),
    .optional("stack", .resource(.stack), "The stack of a colour: …${color.…}."),
    .optional("values", .resource(.values), "The store that says which colour is live."),
    .optional("key", .string, "The name under which the store says so."),
    .optional("holds", .string, "What it holds when a colour is live.", default: "${color}"),
    .optional(
      "absent", .choice(Colour.allCases.map(\.rawValue)),
      "The colour that is live where the store surely has no such value."),
    .optional(
      "functions", .list(.object(liveFunction)),
      "Lambda functions whose environment shows which colour is live."),
  ]

  static let liveRecord = ["zone", "name", "value"]
  static let liveStore = ["values", "key"]

  private static let liveFunction: [InputField] = [
    .required("function", .string, "The function's name or ARN: …${color}."),
    .optional("region", .string, "Its region."),
    .optional("profile", .string, "The profile whose credentials look at it."),
    .optional("role", .string, "A role to take on with those credentials."),
    .required("variable", .string, "The variable of its environment."),
    .required("value", .string, "What the variable is when the colour is live."),
    .optional(
      "key", .string, "A name of the store's, whose value stands for {value} in 'value'."),
  ]

  static let topic: [InputField] = [
    .required("sns", .string, "The ARN of an SNS topic."),
    .optional("profile", .string, "The profile whose credentials publish to it."),
    .optional("role", .string, "A role to take on with those credentials."),
    events,
  ]

  static let webhook: [InputField] = [
    .required("webhook", .secretText, "The URL that is called with POST."),
    .required("secret", .secretText, "What calls are signed with: ${secret:…}."),
    events,
  ]

  private static let events = InputField.optional(
    "on", .list(.choice(NotifyEvent.allCases.map(\.rawValue))),
    "What is told; without it all but step-started, step-applied and step-retrying.")
}
