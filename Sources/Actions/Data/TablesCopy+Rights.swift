package import Resources
package import Rollouts

extension TablesCopy {
  /// A target may be made, and is then taken away by undo; whether one that is there holds
  /// anything is looked at while planning.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let pairs = try TablePair.pairs(
      input.pairs, from: input.from, to: input.to, transform: input.transform, of: name)
    let made = pairs.filter { input.create ?? ($0.transform == nil) }
    return pairs.map { .operations($0.to, ["Scan"], isPlanned: true) }
      + made.flatMap { [StepRight.use($0.to, .create), .use($0.to, .destroy)] }
  }
}
