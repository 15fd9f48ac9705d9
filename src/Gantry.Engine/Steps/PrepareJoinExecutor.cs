using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Writes the version and the control plane's settings into kubeadm's configuration in the cluster.</summary>
internal sealed class PrepareJoinExecutor : StepExecutor<Step.PrepareJoin>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.PrepareJoin step, CancellationToken cancellationToken)
    {
        if (run.State.InFlight.MayTakeEffect(KeyOf(run), askedBefore: run.Record.KubeadmVersion is KubeadmVersionState.Changing))
        {
            return new StepOutcome.Waiting(
                Reasons.Observing,
                "A change of kubeadm's configuration was interrupted and may still take effect."
            );
        }

        var before = run.Record.ControlPlaneSettings;
        var settings = NodeBuild.ControlPlaneSettingsOf(run.Installs);

        // Stored before the call: if its answer is lost, the configuration may have this version, even if the desired version
        // changes afterwards.
        await run.SaveAsync(
            run.Record with
            {
                KubeadmVersion = new KubeadmVersionState.Changing(step.Version),
                ControlPlaneSettings = [.. before.Where(written => !settings.ContainsKey(written.Key)), .. settings],
                Members = [.. run.Record.Members.Select(member => WithUnknownControlPlane(member, settings))],
            },
            cancellationToken
        );
        await run.State.InFlight.TrackAsync(
            KeyOf(run),
            run.RequireWorkload().SetKubeadmSettingsAsync(KubeadmSettings.Of(run.Installs, before), cancellationToken)
        );
        await run.SaveAsync(
            run.Record with
            {
                KubeadmVersion = new KubeadmVersionState.Known(step.Version),
                ControlPlaneSettings = settings,
            },
            cancellationToken
        );
        return StepOutcome.Finished;
    }

    // A control plane that is joining now may have read the settings before the change or may read them after it.
    private static Member WithUnknownControlPlane(Member member, ValueMap<string, string> wanted) =>
        member is { Role: PoolRole.ControlPlane, AdmittedAt: not null, JoinedAt: null, Build: { } build }
        && build.ControlPlaneSettings != wanted
            ? member with
            {
                Build = build.WithUnknownControlPlane(),
            }
            : member;

    private static string KeyOf(RunScope run) => $"kubeadm's configuration of {run.Spec.Id}";
}
