using Gantry.Clusters.Model;

namespace Gantry.Engine.Steps;

/// <summary>Makes the bootstrap token of a machine work, so that its kubeadm can join.</summary>
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
}
