using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Writes the version and the arguments of the control plane into kubeadm's configuration.</summary>
internal sealed class PrepareJoinExecutor : StepExecutor<Step.PrepareJoin>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.PrepareJoin step, CancellationToken cancellationToken)
    {
        if (
            run.State.InFlight.MayArrive(Preparation(run), askedBefore: run.Record.KubeadmVersion is KubeadmVersionState.Changing)
        )
        {
            return new StepOutcome.Waiting(
                Reasons.Observing,
                "A change of kubeadm's configuration was interrupted and may still arrive."
            );
        }

        var before = run.Record.KubeadmArguments;
        var arguments = NodeBuild.ControlPlaneArgumentsOf(run.Spec);

        // Before the call: a call whose answer is lost has changed it all the same, and the desired version may be another one by
        // then.
        await run.SaveAsync(
            run.Record with
            {
                KubeadmVersion = new KubeadmVersionState.Changing(step.Version),
                KubeadmArguments = [.. before.Where(written => !arguments.ContainsKey(written.Key)), .. arguments],
                Members = [.. run.Record.Members.Select(member => WithDoubtedArguments(member, arguments))],
            },
            cancellationToken
        );
        await run.State.InFlight.WatchAsync(
            Preparation(run),
            run.RequireWorkload().SetKubeadmSettingsAsync(KubeadmSettings.Of(run.Spec, before.Keys), cancellationToken)
        );
        await run.SaveAsync(
            run.Record with
            {
                KubeadmVersion = new KubeadmVersionState.Known(step.Version),
                KubeadmArguments = arguments,
            },
            cancellationToken
        );
        return StepOutcome.Finished;
    }

    // A control plane that is joining now has read the arguments before the change or reads them after it.
    private static Member WithDoubtedArguments(Member member, ValueMap<string, string> wanted) =>
        member is { Role: PoolRole.ControlPlane, AdmittedAt: not null, JoinedAt: null, Build: { } build }
        && build.ControlPlaneArguments != wanted
            ? member with
            {
                Build = build.WithUnknownArguments(),
            }
            : member;

    private static string Preparation(RunScope run) => $"kubeadm's configuration of {run.Spec.Id}";
}
