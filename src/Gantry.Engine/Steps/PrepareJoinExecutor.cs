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

        if (run.Installs.KubernetesVersion != step.Version)
        {
            return new StepOutcome.Waiting(Reasons.Observing, "What is installed first has changed since the plan was made.");
        }

        var before = run.Record.ControlPlaneSettings;
        var settings = NodeBuild.ControlPlaneSettingsOf(run.Installs);

        // Stored before the call: if its answer is lost, the configuration may have this version, even if the desired version
        // changes afterwards.
        await run.SaveAsync(
            run.Record with
            {
                KubeadmVersion = new KubeadmVersionState.Changing(step.Version),
                ControlPlaneSettings =
                [
                    .. before.Where(written => !settings.ContainsKey(written.Key)),
                    .. settings.Select(wanted => MayBe(before, wanted)),
                ],
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

    // A tag of ours may take the place of one of ours alone, and until the answer is there the configuration may have either.
    private static KeyValuePair<string, string> MayBe(ValueMap<string, string> before, KeyValuePair<string, string> wanted) =>
        wanted.Key is KubeadmSettings.EtcdRollImage && before.TryGetValue(wanted.Key, out var written) && written != wanted.Value
            ? KeyValuePair.Create(wanted.Key, NodeBuild.Unknown)
            : wanted;

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
