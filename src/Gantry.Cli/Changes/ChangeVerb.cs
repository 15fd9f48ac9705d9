using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Pools;
using Gantry.Cli.Profiles;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Changes;

/// <summary>
/// One kind of change with its options. <c>gantry plan</c> shows its steps and <c>gantry cluster</c> makes it, from the
/// same options.
/// </summary>
public abstract class ChangeVerb
{
    /// <summary>The words of the verb: <c>scale</c>, <c>pool add</c>.</summary>
    public abstract string Name { get; }

    public abstract string Description { get; }

    /// <summary>Example arguments of the verb.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Whether the change deletes the cluster.</summary>
    public virtual bool Deletes => false;

    /// <summary>Whether the change may release the last machines of a pool, and a person is asked first.</summary>
    public virtual bool MayLose => false;

    public abstract void AddTo(Command command);

    public abstract Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    );

    /// <summary>The command without its action.</summary>
    /// <param name="prefix">The words before the verb: <c>gantry plan</c>.</param>
    public Verb Under(string prefix, Argument<string> cluster)
    {
        var verb = new Verb(Name.Split(' ')[^1], Description, [.. Examples.Select(example => $"{prefix} {Name} {example}")])
        {
            cluster,
        };
        AddTo(verb);
        return verb;
    }
}

public sealed class ScaleVerb : ChangeVerb
{
    private readonly Option<string?> _pool = PoolOption();
    private readonly Option<int?> _size = Sizes.Count.Optional("--size", "Number of machines");

    public override string Name => "scale";

    public override string Description => "Scale a machine pool, the control plane included";

    public override bool MayLose => true;

    public override IReadOnlyList<string> Examples => ["demo --size 5", "demo --pool control-plane --size 3"];

    public static Option<string?> PoolOption() =>
        new("--pool")
        {
            Description =
                $"Machine pool; `{DesiredCluster.ControlPlaneAlias}` is the control plane [default: the only worker pool]",
        };

    public override void AddTo(Command command)
    {
        _size.Required = true;
        command.Add(_pool);
        command.Add(_size);
    }

    public override Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var pool = cluster.Pool(command.GetValue(_pool));
        var (name, size) = (DesiredCluster.NameOf(pool), command.GetValue(_size) ?? 0);
        return Task.FromResult(
            new ChangeRequest($"scale {name} to {Counted.Of(size, "machine")}", cluster.Edit(new PoolEdit { Size = size }, pool))
            {
                Loss = size is 0 ? cluster.LossOf(pool, "Scale", "to 0") : null,
            }
        );
    }
}

public sealed class UpdateVerb : ChangeVerb
{
    private readonly Option<string?> _pool = ScaleVerb.PoolOption();
    private readonly PoolSettings _settings = new();
    private readonly Option<string?> _profile = new("--profile")
    {
        Description = "Profile version to use; its newest version without one",
        HelpName = ProfileNames.Form,
    };

    public override string Name => "update";

    public override string Description =>
        "Update a machine pool (constraints, labels, taints, rolling) or the version of a profile";

    public override bool MayLose => true;

    public override IReadOnlyList<string> Examples =>
        [
            "demo --label team=web --taint gpu=yes:NoSchedule",
            "demo --pool gpu --memory 256GiB --zone a --zone b --rolling contract-first",
            "demo --pool gpu --label team- --clear zones --repave-interval 10m --erase quick",
            "demo --profile base:1.1.0",
        ];

    public override void AddTo(Command command)
    {
        command.Add(_pool);
        _settings.AddTo(command);
        command.Add(_profile);
    }

    public override async Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    ) =>
        await ReadAnyAsync(command, cluster, cancellationToken)
        ?? throw new CliException(
            ExitCode.Usage,
            "no change given; set for example --label team=web, --memory 64GiB or --profile base:1.1.0 (--help shows all)"
        );

    /// <returns><c>null</c> when no change was given.</returns>
    public async Task<ChangeRequest?> ReadAnyAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var summary = new List<string>();
        var change = new ClusterChange { Generation = cluster.Generation };
        Loss? loss = null;
        var edit = _settings.Read(command);
        if (!edit.IsEmpty)
        {
            var pool = cluster.Pool(command.GetValue(_pool));
            summary.Add($"update {DesiredCluster.NameOf(pool)} ({edit.Sentence})");
            change = cluster.Edit(edit, pool);
            loss = edit.Size is 0 ? cluster.LossOf(pool, "Scale", "to 0") : null;
        }

        if (command.GetValue(_profile) is { } named)
        {
            var (uid, name, version) = await cluster.ProfileVersionAsync(named, cancellationToken);
            summary.Add($"use profile {name} {version}");
            change = change with { Profiles = [new ProfileChoice(uid, null, null, null)] };
        }

        return summary.Count is 0 ? null : new ChangeRequest(string.Join(" and ", summary), change) { Loss = loss };
    }
}

public sealed class AddPoolVerb : ChangeVerb
{
    private readonly Argument<string> _name = new("pool") { Description = "Name of the new pool" };
    private readonly PoolSettings _settings = new();

    public override string Name => "pool add";

    public override string Description => "Add a worker pool";

    public override IReadOnlyList<string> Examples => ["demo gpu --size 2 --memory 256GiB --tag gpu --taint gpu=yes:NoSchedule"];

    public override void AddTo(Command command)
    {
        command.Add(_name);
        _settings.AddTo(command);
    }

    public override Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var name = command.GetRequiredValue(_name);
        if (cluster.HasPool(name))
        {
            throw new CliException(
                ExitCode.Refused,
                $"{cluster.Name} already has a pool `{name}`; `cluster update --pool {name}` changes it"
            );
        }

        var edit = _settings.Read(command);
        return edit.Size is { } size
            ? Task.FromResult(
                new ChangeRequest(
                    $"add pool {name} with {Counted.Of(size, "machine")}",
                    cluster.Change(new PoolChange(PoolOperations.Create, edit.New(name, controlPlane: false)))
                )
            )
            : throw new CliException(ExitCode.Usage, "--size is missing: set the number of machines of the new pool");
    }
}

public sealed class RemovePoolVerb : ChangeVerb
{
    private readonly Argument<string> _name = new("pool") { Description = "Name of the pool" };

    public override string Name => "pool remove";

    public override string Description => "Remove a worker pool and release its machines";

    public override bool MayLose => true;

    public override IReadOnlyList<string> Examples => ["demo gpu"];

    public override void AddTo(Command command) => command.Add(_name);

    public override Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var pool = cluster.Pool(command.GetRequiredValue(_name));
        var name = DesiredCluster.NameOf(pool);
        return Task.FromResult(
            new ChangeRequest($"remove pool {name}", cluster.Change(new PoolChange(PoolOperations.Delete, Name: name)))
            {
                Loss = cluster.LossOf(pool, "Remove"),
            }
        );
    }
}

public sealed class ReplaceMachineVerb : ChangeVerb
{
    private readonly Argument<string[]> _machines = new("machine")
    {
        Description = "Host name or system id; may be given several times",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<bool> _free = new("--no-quarantine")
    {
        Description = "Leave the machine to whichever cluster needs one",
    };

    public override string Name => "replace-machine";

    public override string Description => "Replace a machine and put it into quarantine, so that no cluster takes it again";

    public override IReadOnlyList<string> Examples => ["demo node-07", "demo node-07 --no-quarantine"];

    public override void AddTo(Command command)
    {
        command.Add(_machines);
        command.Add(_free);
    }

    public override async Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var machines = await cluster.MachinesAsync(command.GetRequiredValue(_machines), cancellationToken);
        var free = command.GetValue(_free);
        return new ChangeRequest(
            $"replace {string.Join(", ", machines.Select(machine => machine.Hostname))}"
                + (free ? "" : " and put into quarantine (`gantry quarantine clear` frees it)"),
            new ClusterChange
            {
                ReplaceMachines = [.. machines.Select(machine => machine.SystemId)],
                QuarantineReplaced = free ? null : true,
            }
        );
    }
}

public sealed class RenewCertificatesVerb : ChangeVerb
{
    public override string Name => "renew-certificates";

    public override string Description => "Renew the certificates of the control plane, one machine at a time";

    public override IReadOnlyList<string> Examples => ["demo"];

    public override void AddTo(Command command)
    {
        // The cluster is the only argument.
    }

    public override Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult(
            new ChangeRequest("renew the control plane's certificates", new ClusterChange { RenewCertificates = true })
        );
}

public sealed class DeleteVerb : ChangeVerb
{
    private readonly Option<bool> _drain = new("--drain")
    {
        Description = "Evict the pods of every node before its machine is released",
    };

    public override string Name => "delete";

    public override string Description => "Delete a cluster and release its machines, addresses and DNS records";

    public override IReadOnlyList<string> Examples => ["demo --drain"];

    public override bool Deletes => true;

    public override void AddTo(Command command) => command.Add(_drain);

    public override Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult(
            new ChangeRequest("delete the cluster", new ClusterChange { Delete = new DeleteChange(command.GetValue(_drain)) })
        );
}
