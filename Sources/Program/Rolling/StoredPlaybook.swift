internal import JSON
internal import Rollouts

/// The playbook that a rollout was started with, as the journal keeps it.
enum StoredPlaybook {
  static func read(_ record: RolloutRecord, _ wiring: Wiring) throws -> Playbook {
    let reader = PlaybookReader(actions: wiring.actions, resources: wiring.resources)
    var playbook = try reader.read(
      Array(record.playbook.utf8), file: record.playbookName,
      overrides: ParameterOverride.recorded(
        try JSONValue(reading: Array(record.parameters.utf8))))
    playbook.folder = PlaybookPlace.folder(of: record.playbookName)
    return playbook
  }
}
