using System.CommandLine;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;

namespace Gantry.Cli.Lab;

/// <summary>
/// The lab's part of <c>gantry</c>: the verbs <c>lab</c> and <c>simulate</c>, and the data centre of <c>gantry up</c>. This
/// project does not reference the lab; <see cref="LabPart"/> finds it if it is present.
/// </summary>
public interface ILabPart
{
    IReadOnlyList<Command> Verbs(CliHost host, ConnectionOptions connection);

    /// <summary>Starts an emulated data centre, or resumes the one in the folder.</summary>
    /// <param name="folder">An existing folder that keeps its state.</param>
    /// <param name="port">Port of the MAAS region; 0 takes a free one.</param>
    /// <exception cref="IOException">The port is taken, or another process runs this folder.</exception>
    Task<IEmbeddedDataCentre> StartAsync(
        LabSettings settings,
        string folder,
        int port,
        TimeProvider time,
        CancellationToken cancellationToken
    );
}

/// <summary>A running emulated data centre; disposing ends it.</summary>
public interface IEmbeddedDataCentre : IAsyncDisposable
{
    /// <summary>Base of the MAAS region, for example <c>http://127.0.0.1:5240/MAAS</c>.</summary>
    Uri MaasUrl { get; }

    /// <summary>API key of the region's administrator.</summary>
    string AdminKey { get; }
}
