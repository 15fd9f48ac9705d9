using System.Net;
using Gantry.Server.Auth;

namespace Gantry.Server;

/// <summary>The start options of a console. Only the data folder has no default.</summary>
public sealed record ConsoleOptions
{
    /// <summary>
    /// Holds the database, the console's own certificates and the key of session tokens; created when absent, readable by its
    /// owner only.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>Address to listen on: <c>127.0.0.1</c> by default, <c>0.0.0.0</c> or <c>::</c> for all.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; } = 8443;

    /// <summary>The URL that clients and gateways use, when it is not the address the console listens on.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Additional names and addresses in the console's own certificate.</summary>
    public IReadOnlyList<string> CertificateNames { get; init; } = [];

    /// <summary>The operator's server certificate (PEM, leaf first); <c>null</c> creates the console's own.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The private key of <see cref="CertificateFile"/> (PEM).</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>With an operator's certificate: the CA that clients should trust, when it is not a public one.</summary>
    public string? CaFile { get; init; }

    /// <summary>
    /// The file with the key of session tokens, base64; <c>null</c> keeps it in the data folder. Consoles on one store need the
    /// same key, otherwise each accepts its own sessions only.
    /// </summary>
    public string? SessionKeyFile { get; init; }

    /// <summary>E-mail of the first administrator, created on the first start.</summary>
    public string AdminEmail { get; init; } = "admin@gantry.local";

    /// <summary>How long a request waits for a gateway's answer. Clients give up after 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the creation of a cluster waits for what the gateway knows of the region; zero asks nothing.</summary>
    public TimeSpan RegionTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a pairing code may be used.</summary>
    public TimeSpan PairingCodeLifetime { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>How long a deleted cluster can still be read as <c>Deleted</c>.</summary>
    public TimeSpan DeletedClusterRetention { get; init; } = TimeSpan.FromHours(72);

    /// <summary>How long events are kept.</summary>
    public TimeSpan EventRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Open connections from one source address; browsers or gateways behind one address count together.
    /// </summary>
    public int ConnectionsPerAddress { get; init; } = 512;

    /// <summary>Open connections of all sources.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>Requests from one source address. Palette's own limit is lower: 50 at once, then 10 per second.</summary>
    public RateLimit RequestLimit { get; init; } = new(Burst: 1000, PerPeriod: 500, TimeSpan.FromSeconds(1));

    /// <summary>Logins and pairings from one source address: requests that can guess a password or a code.</summary>
    public RateLimit GuessLimit { get; init; } = new(Burst: 60, PerPeriod: 1, TimeSpan.FromSeconds(1));

    /// <summary>Sign-ins of one account from one source address since it last signed in from there.</summary>
    public RateLimit SignInLimit { get; init; } = new(Burst: 10, PerPeriod: 1, TimeSpan.FromSeconds(30));

    /// <summary>Sign-ins of one account from all source addresses that it has not signed in from.</summary>
    public RateLimit AccountLimit { get; init; } = new(Burst: 50, PerPeriod: 1, TimeSpan.FromSeconds(10));

    /// <exception cref="ConsoleOptionsException">Lists every problem, each with its setting.</exception>
    public void Validate()
    {
        List<string> problems = [];
        if (string.IsNullOrWhiteSpace(DataFolder))
        {
            problems.Add("DataFolder is empty; name a folder that the console may write to");
        }

        if (!IPAddress.TryParse(Address, out _))
        {
            problems.Add($"Address '{Address}' is not an IP address; write 127.0.0.1 for this machine only or 0.0.0.0 for all");
        }

        if (Port is < 0 or > 65535)
        {
            problems.Add($"Port {Port} is not a port; write 1 to 65535, or 0 for a free one");
        }

        if (CertificateFile is null != CertificateKeyFile is null)
        {
            problems.Add("CertificateFile and CertificateKeyFile belong together; give both or none");
        }

        foreach (
            var (setting, file) in new[]
            {
                (nameof(CertificateFile), CertificateFile),
                (nameof(CertificateKeyFile), CertificateKeyFile),
                (nameof(CaFile), CaFile),
            }
        )
        {
            if (file is not null && !File.Exists(file))
            {
                problems.Add($"{setting} '{file}' does not exist");
            }
        }

        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout >= TimeSpan.FromSeconds(30))
        {
            problems.Add($"RequestTimeout {RequestTimeout} must lie between 0 and 30 seconds: clients give up after 30");
        }

        if (ConnectionsPerAddress < 1 || Connections < ConnectionsPerAddress)
        {
            problems.Add(
                $"Connections {Connections} and ConnectionsPerAddress {ConnectionsPerAddress} allow nobody in; write positive "
                    + "numbers, the first at least as large as the second"
            );
        }

        problems.AddRange(
            new[]
            {
                (nameof(RequestLimit), RequestLimit),
                (nameof(GuessLimit), GuessLimit),
                (nameof(SignInLimit), SignInLimit),
                (nameof(AccountLimit), AccountLimit),
            }
                .Where(limit => limit.Item2.Problem is not null)
                .Select(limit => $"{limit.Item1} {limit.Item2.Problem}")
        );

        if (problems.Count > 0)
        {
            throw new ConsoleOptionsException(problems);
        }
    }
}

public sealed class ConsoleOptionsException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
