using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>A step that the engine tried in its last run of the cluster, and that was refused or did not finish.</summary>
/// <param name="Reason">As of a <see cref="Blocker"/> or a <see cref="Wait"/>.</param>
/// <param name="GoesOn">The step only takes time; otherwise something outside Gantry has to change first.</param>
public sealed record StepRefusal(Step Step, string Reason, string Message, bool GoesOn);
