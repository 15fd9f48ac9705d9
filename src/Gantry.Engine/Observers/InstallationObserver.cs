using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>What machines are installed with: image and etcd, chosen and stored when the choice is made.</summary>
internal static class InstallationObserver
{
    public static async Task<ImageObservation> ObserveAsync(
        RunScope run,
        Observation<EtcdFacts> etcd,
        CancellationToken cancellationToken
    )
    {
        var needed =
            run.Spec.Deletion is null
            && (
                run.Record.ReachedGeneration != run.Spec.Generation
                || Planner.Shortfalls(run.Spec, run.Record.Members).Count > 0
                || CertificatesEnd(run)
                || run.Record.Members.Any(member => member.Repair?.MarkedForReplacement is not null)
                || run.Record.Members.Any(member => member.State is MachineState.Selected or MachineState.Allocated)
                || run.State.FindPlan(run.Spec) is { Stale.Count: > 0 }
            );
        if (!needed)
        {
            await ChooseEtcdAsync(run, etcd, cancellationToken);
            return new ImageObservation(new Observation<ImageName>.Unknown("no machine needs the image"), []);
        }

        try
        {
            return await FindAsync(run, etcd, cancellationToken);
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            run.Unanswered.Add(late);
            await ChooseEtcdAsync(run, etcd, cancellationToken);
            return new ImageObservation(new Observation<ImageName>.Unknown(late.Message.TrimEnd('.')), []) { IsAwaited = true };
        }
    }

    private static async Task<ImageObservation> FindAsync(
        RunScope run,
        Observation<EtcdFacts> etcd,
        CancellationToken cancellationToken
    )
    {
        await ChooseImageAsync(run, cancellationToken);
        await ChooseEtcdAsync(run, etcd, cancellationToken);
        var image = run.Installs.Image;
        var architectures = await run.View.Images.FindAsync(image, cancellationToken);
        if (architectures.Count is 0 || run.State.Machines.IsRefused(image))
        {
            return Absent(image);
        }

        // The first half of an upgrade is not begun without the image of the second.
        var later = ImageChoice.Apply(run.Record.ImageChoice, run.Spec).Image;
        return later == image || (await run.View.Images.FindAsync(later, cancellationToken)).Count > 0
            ? new ImageObservation(new Observation<ImageName>.Present(image), architectures)
            : Absent(later);

        ImageObservation Absent(ImageName missing) =>
            new(new Observation<ImageName>.Absent(), architectures, run.View.Images.FindUpload(missing)) { Missing = missing };
    }

    // Stored, so that the roll goes on while etcd cannot be seen.
    private static async Task ChooseEtcdAsync(RunScope run, Observation<EtcdFacts> etcd, CancellationToken cancellationToken)
    {
        var (desired, before) = (ImageChoice.Apply(run.Record.ImageChoice, run.Spec), run.Record.EtcdRoll);
        var version = run.Record.Initialized ? run.Record.Version : null;
        var roll = EtcdRolls.Of(desired, before, version, run.Record.Members, etcd);
        if (roll == before)
        {
            return;
        }

        await run.SaveAsync(run.Record with { EtcdRoll = roll }, cancellationToken);
        if (roll is not null && before is null)
        {
            run.RecordEvent(
                EventSeverity.Info,
                "EtcdRoll",
                $"{EtcdRolls.Why(roll)}: every control plane is replaced with etcd {roll.Tag} on Kubernetes {roll.Stays} first"
            );
        }
    }

    // Stored before the first deployment of a version, so that a machine that is installed meanwhile decides for all others.
    private static async Task ChooseImageAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (!ImageChoice.IsOpen(run.Spec))
        {
            return;
        }

        var chosen =
            ImageChoice.Kept(run.Spec, run.Record.ImageChoice, run.Record.Members)
            ?? (
                (await run.View.Images.FindAsync(run.Spec.Image, cancellationToken)).Count > 0
                    ? run.Spec.Image
                    : run.Spec.StockImage!
            );
        var choice = new ImageChoice(run.Spec.Image, run.Spec.StockImage!, run.Spec.KubernetesVersion, chosen);
        if (choice != run.Record.ImageChoice)
        {
            await run.SaveAsync(run.Record with { ImageChoice = choice }, cancellationToken);
        }
    }

    // Expiring certificates start a replacement in a settled cluster, and a replacement needs the members of etcd.
    private static bool CertificatesEnd(RunScope run) =>
        run.Record.Members.Any(member =>
            member.Role is PoolRole.ControlPlane
            && member.JoinedAt is { } joined
            && joined + run.State.Options.Limits.CertificateLife - run.Now < run.State.Options.Limits.AnnounceCertificates
        );
}
