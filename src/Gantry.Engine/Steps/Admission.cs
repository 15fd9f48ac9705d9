using Gantry.Clusters.Model;

namespace Gantry.Engine.Steps;

/// <summary>Creates a machine's bootstrap token, so that its kubeadm can join, and revokes it once the node exists.</summary>
internal static class Admission
{
    public static async Task<StepOutcome> AdmitAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
    {
        var member = run.Member(machine);
        var secrets = await run.GetSecretsAsync(cancellationToken);
        var until = run.Now + run.State.Options.Limits.Token;
        if (member is { Role: PoolRole.ControlPlane, AdmittedAt: null })
        {
            // Stored before the call: if its answer is lost, the token may be valid, and one control plane joins at a time.
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
    /// Revokes the machine's token. MAAS's administrators can read it in the user-data, so it must not stay valid.
    /// </summary>
    public static async Task RevokeAsync(RunScope run, SystemId machine, CancellationToken cancellationToken)
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
