namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Whether the console runs, and which version.</summary>
    public static class Health
    {
        public static Operation<NoBody, HealthAnswer> Get { get; } =
            new("Health", "GET /v1/health", Permission.Anonymous)
            {
                Tag = "Health",
                Summary = "Check that the console answers and can read its store.",
            };

        public static Operation<NoBody, HealthPing> Ping { get; } =
            new("V1HealthPing", "GET /v1/health/ping", Permission.Anonymous)
            {
                Tag = "Health",
                Summary = "Check that the console answers.",
            };

        public static Operation<NoBody, SystemVersionInfo> Version { get; } =
            new("V1SystemVersionInstalled", "GET /v1/system/version/installed", Permission.SignedIn)
            {
                Tag = "Health",
                Summary = "Read the version of the console.",
            };
    }
}
