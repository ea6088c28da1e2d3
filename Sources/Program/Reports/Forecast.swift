internal import Rollouts

/// How long a rollout will take, and for how long its users will be without the service.
///
/// Steps run as soon as what they wait for is done, so the longest chain counts. Waits for people
/// count as nothing, and so do steps that cannot say: the answer is a lower bound then.
struct Forecast: Equatable {
  let seconds: Double
  /// Nil when no step says that it begins a downtime.
  let downtimeSeconds: Double?
  /// Steps that could not say how long they take.
  let unknown: [String]

  init(_ preview: Preview) {
    var ends: [String: Double] = [:]
    var begins: [String: Double] = [:]
    var unknown: [String] = []
    for step in preview.steps {
      let begin = step.after.compactMap { ends[$0] }.max() ?? 0
      begins[step.id] = begin
      ends[step.id] = begin + (step.estimate?.seconds ?? 0)
      if step.estimate?.seconds == nil, !step.definition.isGate { unknown.append(step.id) }
    }
    seconds = ends.values.max() ?? 0
    self.unknown = unknown
    let dark = preview.steps.first { $0.estimate?.beginsDowntime == true }
    let light = preview.steps.first { $0.definition.promotes }
    if let dark, let light, let begin = begins[dark.id], let end = ends[light.id], end >= begin {
      downtimeSeconds = end - begin
    } else {
      downtimeSeconds = nil
    }
  }
}
