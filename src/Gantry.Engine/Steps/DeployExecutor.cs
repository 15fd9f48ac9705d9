using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Renders the cloud-init document and deploys the machine.</summary>
internal sealed class DeployExecutor : StepExecutor<Step.Deploy>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Deploy step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (step.Bootstrap is Bootstrap.InitControlPlane && !member.Initializes)
        {
            member = member with { Initializes = true };
            await run.SaveAsync(member, cancellationToken);
        }

        var secrets = await run.GetSecretsAsync(cancellationToken);
        var endpoint = run.Record.Endpoint!;
        var pool = run.Spec.Pools.First(pool => pool.Name == member.Pool);
        var build = NodeBuild.Of(run.Installs, pool, run.State.Ports.Documents.Template);
        if (member.Build != build)
        {
            // Stored before the call: if its answer is lost, the deployment may run with this document.
            member = member with
            {
                Build = build,
            };
            await run.SaveAsync(member, cancellationToken);
        }

        string document;
        try
        {
            document = run.State.Ports.Documents.Render(
                new NodeDocument(
                    run.Installs,
                    pool,
                    new NodeIdentity(member.Machine, member.Hostname, member.Zone),
                    new ApiEndpoint(endpoint.Host, endpoint.Port),
                    step.Bootstrap,
                    run.State.Ports.Documents.JoinToken(secrets.TokenKey, member.Intent)
                )
                {
                    Network = NodeNetwork.Choose(
                        run.View.Machines.Find(member.Machine)?.Networks ?? [],
                        run.Spec,
                        pool,
                        endpoint.Host
                    ),
                },
                secrets.Pki,
                run.Now
            );
        }
        catch (FormatException invalid)
        {
            return new StepOutcome.Refused(Reasons.SpecInvalid, invalid.Message);
        }

        return await run.State.Machines.DeployAsync(run, member, run.Installs.Image, document, cancellationToken);
    }
}
