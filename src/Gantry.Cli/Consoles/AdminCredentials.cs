using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Up;
using Gantry.Server;

namespace Gantry.Cli.Consoles;

/// <summary>Writes the local administrator's credentials to the data folder, where the command line reads them.</summary>
public static class AdminCredentials
{
    /// <param name="lab">The lab's region, when the console runs with a lab.</param>
    public static async Task<Credentials> EnsureAsync(
        DataFolder folder,
        ConsoleHost console,
        OwnMaas? lab,
        CancellationToken cancellationToken
    )
    {
        var known = Credentials.Read(folder.Path);
        var first = console.Bootstrap;
        if (first is null && known is null)
        {
            // The file was lost, or the first start ended before it was written.
            first = await console.ReissueAdminCredentialsAsync(cancellationToken);
        }

        var credentials = new Credentials
        {
            Url = console.Url.AbsoluteUri.TrimEnd('/'),
            ApiKey = first?.ApiKey ?? known!.ApiKey,
            CaFile = Path.GetFullPath(console.CaFile),
            AdminUser = first?.AdminEmail ?? known!.AdminUser,
            AdminPassword = first?.AdminPassword ?? known!.AdminPassword,
            MaasUrl = lab?.Endpoint.ToString(),
            MaasKey = lab?.Key.Reveal(),
        };
        credentials.Write(folder.Path);
        return credentials;
    }
}
