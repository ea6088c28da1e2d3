/// How a long verb of a stack tells what it does and hears that it should stop.
package struct StackWatch: Sendable {
  /// Writes into the history; for what is worth reading in a year.
  package let note: @Sendable (String) async throws(Failure) -> Void
  /// Says on the screen what is going on.
  package let show: @Sendable (String) -> Void
  /// Throws `Failure.cancelled` once the verb should stop; called between looks.
  package let checkStop: @Sendable () throws(Failure) -> Void

  package init(
    note: @escaping @Sendable (String) async throws(Failure) -> Void,
    show: @escaping @Sendable (String) -> Void,
    checkStop: @escaping @Sendable () throws(Failure) -> Void
  ) {
    self.note = note
    self.show = show
    self.checkStop = checkStop
  }
}
