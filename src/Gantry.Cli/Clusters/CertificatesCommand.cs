using System.CommandLine;
using System.Globalization;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster certificates [list|renew]</c></summary>
public sealed class CertificatesCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create(ClusterChanges changes)
    {
        var certificates = new Verb(
            "certificates",
            "Show when the control plane's certificates expire, or renew them",
            "gantry cluster certificates demo"
        );
        List(certificates, ClusterName.Optional(connection));
        var list = new Verb("list", "Show when the certificates expire", "gantry cluster certificates list demo");
        List(list, ClusterName.Optional(connection));
        certificates.Add(list);
        var renew = changes.Of(new RenewVerb(), "gantry cluster certificates");
        certificates.Add(renew);
        return certificates;
    }

    private void List(Verb list, Argument<string?> name)
    {
        list.Add(name);
        list.SetAction(
            async (command, cancellationToken) =>
            {
                var called = ClusterName.Required(command, name);
                using var console = new ConsoleSession(connection.Resolve(command));
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                var certificates = await console.CallAsync(
                    Operations.Clusters.GetCertificates,
                    [("uid", uid)],
                    cancellationToken
                );
                Printer.Write(host, connection.Format(command), certificates, () => Table(certificates, host.Time.GetUtcNow()));
            }
        );
    }

    /// <summary>One row a certificate, the authority that signed it first.</summary>
    public static Table Table(CertificatesAnswer certificates, DateTimeOffset now)
    {
        var table = new Table("MACHINE", "AUTHORITY", "CERTIFICATE", "EXPIRES", "IN");
        foreach (var machine in certificates.MachineCertificates)
        {
            foreach (var authority in machine.CertificateAuthorities)
            {
                if (authority.Expiry is { } authorityEnds)
                {
                    Row(table, machine, authority, null, authorityEnds, now);
                }

                foreach (var certificate in authority.Certificates)
                {
                    Row(table, machine, authority, certificate.Name, certificate.Expiry, now);
                }
            }
        }

        return table;
    }

    private static void Row(
        Table table,
        MachineCertificateView machine,
        CertificateAuthorityView authority,
        string? certificate,
        DateTimeOffset ends,
        DateTimeOffset now
    ) =>
        table.Row(
            machine.Name,
            authority.Name,
            certificate,
            ends.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ends <= now ? "expired" : Durations.Short(ends - now)
        );

    private sealed class RenewVerb : ChangeVerb
    {
        private readonly RenewCertificatesVerb _same = new();

        public override string Name => "renew";

        public override string Description => _same.Description;

        public override IReadOnlyList<string> Examples => _same.Examples;

        public override void AddTo(Command command) => _same.AddTo(command);

        public override Task<ChangeRequest> ReadAsync(
            ParseResult command,
            DesiredCluster cluster,
            CancellationToken cancellationToken
        ) => _same.ReadAsync(command, cluster, cancellationToken);
    }
}
