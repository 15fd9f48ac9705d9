using System.Data.Common;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gantry.Lab.Kubernetes.Controllers;
using Gantry.Lab.Store;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// An emulated Kubernetes cluster: its objects, controllers, scheduler and kubelets. Independent of HTTP;
/// <see cref="KubernetesFace"/> serves it. Every call is one transaction against the store, controllers included. Time passes
/// only through the <see cref="TimeProvider"/>, and a timer exists only while timed work is due. Thread-safe.
/// </summary>
public sealed partial class LabCluster : IDisposable
{
    private static readonly TimeSpan RetryAfterStoreFailure = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly ILabStore _store;
    private readonly TimeProvider _time;
    private readonly ObjectStore _objects;
    private readonly ITimer _alarm;
    private string _version;
    private bool _disposed;
    private bool _acting;

    private LabCluster(string id, string version, ILabStore store, TimeProvider time, LabClusterPace pace)
    {
        Id = id;
        _version = version;
        _store = store;
        _time = time;
        Pace = pace;
        _objects = new ObjectStore(id, store);
        _alarm = time.CreateTimer(
            static state => ((LabCluster)state!).OnAlarm(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    public string Id { get; }

    public LabClusterPace Pace { get; }

    /// <summary>The version <c>/version</c> reports unless a face overrides it, as <c>v1.32.4</c>.</summary>
    public string Version
    {
        get => Volatile.Read(ref _version);
        set => Volatile.Write(ref _version, value);
    }

    public TimeProvider Time => _time;

    public long ResourceVersion
    {
        get
        {
            lock (_gate)
            {
                return _objects.ResourceVersion;
            }
        }
    }

    /// <summary>
    /// Opens the cluster with this id from the store; a new cluster starts with the system namespaces and the roles every API
    /// server creates.
    /// </summary>
    /// <param name="id">The cluster's id in the store and the seed of its uids, so equal histories give equal objects.</param>
    /// <param name="version">As <c>v1.32.4</c>.</param>
    public static LabCluster Open(string id, string version, ILabStore store, TimeProvider time, LabClusterPace? pace = null)
    {
        var cluster = new LabCluster(id, version, store, time, pace ?? LabClusterPace.Default);
        cluster._objects.Load();
        cluster.RefreshCustomResources();
        cluster.Run(() =>
        {
            if (cluster._objects.Find("namespaces", "kube-system") is null)
            {
                SystemObjects.Create(cluster);
            }

            return true;
        });
        return cluster;
    }

    /// <summary>The object, or null.</summary>
    public JsonObject? Find(KubeResource resource, string? ns, string name) => FindStored(resource, ns, name)?.Read();

    /// <exception cref="KubeException">404.</exception>
    public JsonObject Get(KubeResource resource, string? ns, string name) =>
        Find(resource, ns, name) ?? throw KubeException.NotFound(resource, name);

    public StoredObject? FindStored(KubeResource resource, string? ns, string name)
    {
        lock (_gate)
        {
            return _objects.Find(resource.GroupResource, Key(resource, ns, name));
        }
    }

    /// <summary>All objects of a kind, in one namespace or in all of them.</summary>
    public IReadOnlyList<JsonObject> List(KubeResource resource, string? ns = null) =>
        [.. List(resource, new ListOptions(ns)).Read()];

    /// <exception cref="KubeException">410: the continue token does not belong to a list of this cluster.</exception>
    public KubeList List(KubeResource resource, ListOptions options)
    {
        StoredObject[] all;
        long at;
        lock (_gate)
        {
            all = [.. _objects.All(resource.GroupResource)];
            at = _objects.ResourceVersion;
        }

        IEnumerable<StoredObject> selected = all.Where(options.Selects);
        if (options.Continue is { Length: > 0 } token)
        {
            var after = ContinueToken.Read(token);
            selected = selected.Where(o => string.CompareOrdinal(o.Key, after) > 0);
        }

        var items = selected.ToArray();
        if (options.Limit <= 0 || items.Length <= options.Limit)
        {
            return new KubeList(items, at, Continue: null, Remaining: 0);
        }

        var page = items[..options.Limit];
        return new KubeList(page, at, ContinueToken.Write(page[^1].Key), items.Length - page.Length);
    }

    /// <summary>
    /// Changes of a kind after a resource version, then live changes. End the watch with <see cref="Unwatch"/>.
    /// </summary>
    /// <exception cref="KubeException">410: the resource version is too old.</exception>
    public Channel<WatchEvent> Watch(KubeResource resource, long after)
    {
        lock (_gate)
        {
            return _objects.Watch(resource.GroupResource, after);
        }
    }

    public void Unwatch(Channel<WatchEvent> channel)
    {
        lock (_gate)
        {
            _objects.Unwatch(channel);
        }
    }

    /// <summary>Removes the cluster from the store, after the last of its machines is released.</summary>
    public void Erase()
    {
        _store.Together(() =>
        {
            lock (_gate)
            {
                _objects.Erase();
                _store.Delete(SecretRows, "service-accounts");
            }
        });
        Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _alarm.Dispose();
    }

    internal ObjectStore Objects => _objects;

    internal string Now => KubeJson.Stamp(_time.GetUtcNow());

    internal static string Key(KubeResource resource, string? ns, string name) => resource.Namespaced ? $"{ns}/{name}" : name;

    /// <summary>
    /// Runs one request: the change, the controllers' changes, and the commit. The store's lock is taken before the cluster's, so
    /// callers may already be inside <see cref="ILabStore.Together"/>.
    /// </summary>
    internal T Run<T>(Func<T> change)
    {
        T result = default!;
        var done = false;
        try
        {
            _store.Together(() =>
            {
                lock (_gate)
                {
                    result = Act(change);
                    done = true;
                }
            });
        }
        catch when (done)
        {
            // Watchers already received the change, but the commit failed: they must list again.
            lock (_gate)
            {
                _objects.Load();
                _objects.CutWatches();
                RefreshCustomResources();
            }

            throw;
        }

        return result;
    }

    private T Act<T>(Func<T> change)
    {
        if (_acting)
        {
            // A nested change is settled, published or rolled back with the outer one.
            return change();
        }

        var before = _objects.Mark();
        _acting = true;
        try
        {
            var result = change();
            var due = ControlLoop.Settle(this);
            if (_objects.Pending.Count > 0)
            {
                _objects.SaveCounters();
            }

            _objects.Publish();
            SetAlarm(due);
            return result;
        }
        catch
        {
            _objects.Undo(before);
            RefreshCustomResources();
            throw;
        }
        finally
        {
            _acting = false;
        }
    }

    private void OnAlarm()
    {
        try
        {
            if (!Volatile.Read(ref _disposed))
            {
                Run(() => true);
            }
        }
        catch (Exception error) when (error is IOException or DbException)
        {
            // The write failed because the disk is full, and nothing was committed. A later write may succeed.
            lock (_gate)
            {
                SetAlarm(_time.GetUtcNow() + RetryAfterStoreFailure);
            }
        }
    }

    /// <summary>When the controllers must run again without a write.</summary>
    internal DateTimeOffset? NextDue { get; private set; }

    private void SetAlarm(DateTimeOffset? due)
    {
        NextDue = due;
        if (_disposed)
        {
            return;
        }

        var wait = due is { } at ? at - _time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        _alarm.Change(due is not null && wait < TimeSpan.Zero ? TimeSpan.Zero : wait, Timeout.InfiniteTimeSpan);
    }
}

/// <summary>The pace of the emulated kubelets.</summary>
/// <param name="PodStart">Time from binding to ready.</param>
/// <param name="PodStop">Time from deletion to removal.</param>
public sealed record LabClusterPace(TimeSpan PodStart, TimeSpan PodStop)
{
    public static LabClusterPace Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
}
