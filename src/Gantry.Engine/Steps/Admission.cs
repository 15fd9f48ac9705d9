using Gantry.Clusters.Model;

namespace Gantry.Engine.Steps;

/// <summary>Makes the bootstrap token of a machine work, so that its kubeadm can join, and ends it once the node is there.</summary>
internal static class Admission
{
    public static async Task<StepOutcome> AdmitAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
    {
        var member = run.Member(machine);
        var secrets = await run.GetSecretsAsync(cancellationToken);
        var until = run.Now + run.State.Options.Limits.Token;
        if (member is { Role: PoolRole.ControlPlane, AdmittedAt: null })
        {
            // Before the call: a token whose answer is lost may work all the same, and only one control plane joins at a time.
            member = member with
            {
                AdmittedAt = run.Now,
                AdmittedUntil = run.Now,
            };
            await run.SaveAsync(member, cancellationToken);
        }

        await run.RequireWorkload()
            .AdmitAsync(
                run.State.Ports.Documents.JoinToken(secrets.TokenKey, member.Intent),
                until,
                $"gantry: {member.Hostname}",
                cancellationToken
            );
        var admittedAt = member.AdmittedUntil > member.AdmittedAt ? member.AdmittedAt : run.Now;
        await run.SaveAsync(member with { AdmittedAt = admittedAt, AdmittedUntil = until }, cancellationToken);
        return StepOutcome.Finished;
    }

    /// <summary>
    /// The token lies in the machine's user-data, where MAAS's administrators can read it, so it works no longer than it has to.
    /// </summary>
    public static async Task EndAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
    {
        var member = run.Member(machine);
        if (member.AdmittedUntil > run.Now)
        {
            var secrets = await run.GetSecretsAsync(cancellationToken);
            await run.RequireWorkload()
                .RevokeAsync(run.State.Ports.Documents.JoinToken(secrets.TokenKey, member.Intent), cancellationToken);
            await run.SaveAsync(member with { AdmittedUntil = run.Now }, cancellationToken);
        }
    }
}
